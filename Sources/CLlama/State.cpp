#include "Internal.h"

cllama_cell_layout cllama_context_layout(const cllama_context *context) { return context->layout; }

bool cllama_context_is_settled(const cllama_context *context) { return !context->unsettled; }

size_t cllama_sequence_state_size(cllama_context *context, int32_t sequence) {
  return cllama::guarded<size_t>(nullptr, 0, [&]() -> size_t {
    if (context->unsettled) return 0;
    cllama::abort_guard guard;
    return llama_state_seq_get_size(context->context, sequence);
  });
}

bool cllama_sequence_state_get(
    cllama_context *context, int32_t sequence, uint8_t *bytes, size_t count, cllama_text *error) {
  cllama::log_capture log;
  return cllama::guarded(error, false, [&] {
    cllama::abort_guard guard;
    bool whole = !context->unsettled &&
                 llama_state_seq_get_data(context->context, bytes, count, sequence) == count;
    if (!whole) cllama::set(error, log.reason("llama.cpp does not give all of the state"));
    return whole;
  });
}

bool cllama_sequence_state_set(
    cllama_context *context, int32_t sequence, const uint8_t *bytes, size_t count,
    cllama_text *error) {
  cllama::log_capture log;
  bool whole = cllama::guarded(error, false, [&] {
    cllama::abort_guard guard;
    bool whole = !context->unsettled &&
                 llama_state_seq_set_data(context->context, bytes, count, sequence) == count;
    if (!whole) cllama::set(error, log.reason("llama.cpp does not take all of the state"));
    return whole;
  });
  if (!whole) cllama_sequence_clear(context, sequence);
  return whole;
}
