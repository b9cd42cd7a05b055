#include "Internal.h"

bool cllama_sequence_remove(
    cllama_context *context, int32_t sequence, int32_t begin, int32_t end) {
  return cllama::guarded(nullptr, false, [&] {
    return llama_memory_seq_rm(llama_get_memory(context->context), sequence, begin, end);
  });
}

bool cllama_sequence_copy(cllama_context *context, int32_t from, int32_t to) {
  return cllama::guarded(nullptr, false, [&] {
    llama_memory_t memory = llama_get_memory(context->context);
    llama_memory_seq_rm(memory, to, -1, -1);
    llama_memory_seq_cp(memory, from, to, -1, -1);
    context->unsettled = true;
    return true;
  });
}

bool cllama_sequence_shift(
    cllama_context *context, int32_t sequence, int32_t begin, int32_t end, int32_t delta) {
  return cllama::guarded(nullptr, false, [&] {
    llama_memory_seq_add(llama_get_memory(context->context), sequence, begin, end, delta);
    context->unsettled = true;
    return true;
  });
}

bool cllama_context_can_shift(cllama_context *context) {
  return cllama::guarded(nullptr, false, [&] {
    return llama_memory_can_shift(llama_get_memory(context->context));
  });
}

bool cllama_context_gives_up_cells(cllama_context *context) { return context->gives_up_cells; }

int32_t cllama_sequence_end(cllama_context *context, int32_t sequence) {
  return cllama::guarded<int32_t>(nullptr, 0, [&] {
    return llama_memory_seq_pos_max(llama_get_memory(context->context), sequence) + 1;
  });
}

const float *cllama_logits(cllama_context *context, int32_t index) {
  return cllama::guarded<const float *>(
      nullptr, nullptr, [&] { return llama_get_logits_ith(context->context, index); });
}
