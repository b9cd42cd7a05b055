#include "Internal.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace {

bool is_aborted(void *data) {
  auto *context = static_cast<cllama_context *>(data);
  return context->aborted.load(std::memory_order_relaxed) ||
         (context->gives_up_cells && context->interrupted.load(std::memory_order_relaxed));
}

/// Whether attention heads are narrower than 64: ggml's loops over 16-bit cells step that far and
/// do the rest one by one, so that 8-bit cells are faster there, by half to twice. Heads must be
/// whole blocks of 8-bit cells, which have 32.
bool has_narrow_heads(const llama_model *model) {
  auto number = [&](const char *suffix) -> int32_t {
    char architecture[64], value[32];
    if (llama_model_meta_val_str(
            model, "general.architecture", architecture, sizeof architecture) < 0) {
      return 0;
    }
    std::string key = std::string(architecture) + suffix;
    if (llama_model_meta_val_str(model, key.c_str(), value, sizeof value) < 0) return 0;
    return int32_t(std::strtol(value, nullptr, 10));
  };
  int32_t heads = llama_model_n_head(model);
  if (heads <= 0) return false;
  int32_t even = llama_model_n_embd(model) / heads;
  int32_t keys = number(".attention.key_length"), values = number(".attention.value_length");
  if (keys == 0) keys = even;
  if (values == 0) values = even;
  return keys == 32 && values == 32;
}

}  // namespace

cllama_context *cllama_context_create(
    const cllama_model *model, cllama_context_options options, cllama_text *error) {
  cllama::log_capture log;
  return cllama::guarded<cllama_context *>(error, nullptr, [&]() -> cllama_context * {
    auto handle = std::make_unique<cllama_context>();
    llama_context_params params = llama_context_default_params();
    params.n_ctx = options.context_size * options.sequences;
    params.n_seq_max = options.sequences;
    params.n_batch = options.batch_size;
    params.n_ubatch = options.micro_batch_size;
    params.n_outputs_max = options.outputs;
    params.n_threads = options.threads;
    params.n_threads_batch = options.batch_threads;
    // A cell sequence of its own for each: in one shared buffer every token would look at the
    // cells of all others to find that they are not its own.
    params.kv_unified = false;
    if (!options.shifts && has_narrow_heads(model->model)) {
      params.type_k = params.type_v = GGML_TYPE_Q8_0;
    }
    handle->layout = {uint32_t(params.type_k), uint32_t(params.type_v), params.n_seq_max};
    params.no_perf = true;
    params.abort_callback = is_aborted;
    params.abort_callback_data = handle.get();
    // A recurrent state is the sum of all tokens: it cannot go back to where a decode began.
    handle->gives_up_cells =
        !llama_model_is_recurrent(model->model) && !llama_model_is_hybrid(model->model);
    {
      cllama::abort_guard guard;
      handle->context = llama_init_from_model(model->model, params);
    }
    if (!handle->context) {
      cllama::set(error, log.reason("llama.cpp gives no reason"));
      return nullptr;
    }
    if (!cllama::apply_adapters(model, handle->context)) {
      cllama::set(error, log.reason("the model's adapters do not go with the context"));
      return nullptr;
    }
    handle->batch = llama_batch_init(int32_t(options.batch_size), 0, 1);
    handle->capacity = int32_t(options.batch_size);
    int32_t threads = std::max(options.threads, options.batch_threads);
    if (threads > 1) {
      // One pool for all decodes, whose threads sleep between them rather than poll.
      ggml_threadpool_params pool = ggml_threadpool_params_default(threads);
      pool.poll = 0;
      handle->pool = ggml_threadpool_new(&pool);
      if (handle->pool) llama_attach_threadpool(handle->context, handle->pool, handle->pool);
    }
    return handle.release();
  });
}

void cllama_context_free(cllama_context *context) { delete context; }

void cllama_batch_clear(cllama_context *context) { context->batch.n_tokens = 0; }

bool cllama_batch_add(
    cllama_context *context, cllama_token token, int32_t position, int32_t sequence,
    bool wants_logits) {
  llama_batch &batch = context->batch;
  int32_t at = batch.n_tokens;
  if (at == context->capacity) return false;
  batch.token[at] = token;
  batch.pos[at] = position;
  batch.n_seq_id[at] = 1;
  batch.seq_id[at][0] = sequence;
  batch.logits[at] = wants_logits;
  batch.n_tokens = at + 1;
  return true;
}

cllama_decode_result cllama_decode(cllama_context *context, cllama_text *error) {
  cllama::log_capture log;
  return cllama::guarded(error, CLLAMA_DECODE_FAILED, [&] {
    int32_t result = llama_decode(context->context, context->batch);
    if (result >= 0) context->unsettled = false;
    if (result == 0) return CLLAMA_DECODED;
    cllama::set(error, log.reason(("llama_decode gives " + std::to_string(result)).c_str()));
    if (result == 1) return CLLAMA_DECODE_NO_ROOM;
    if (result == 2) {
      return context->aborted.load() ? CLLAMA_DECODE_ABORTED : CLLAMA_DECODE_INTERRUPTED;
    }
    return CLLAMA_DECODE_FAILED;
  });
}

void cllama_sequence_clear(cllama_context *context, int32_t sequence) {
  cllama::guarded(nullptr, false, [&] {
    return llama_memory_seq_rm(llama_get_memory(context->context), sequence, -1, -1);
  });
}

void cllama_context_abort(cllama_context *context) {
  context->aborted.store(true, std::memory_order_relaxed);
}

void cllama_context_interrupt(cllama_context *context, bool interrupts) {
  context->interrupted.store(interrupts, std::memory_order_relaxed);
}
