#include "Internal.h"

#include <algorithm>
#include <memory>

namespace {

struct free_context {
  void operator()(llama_context *context) const { llama_free(context); }
};
using context_ptr = std::unique_ptr<llama_context, free_context>;

/// A context that takes `count` tokens as one computation: pooling works on no less.
context_ptr embedding_context(
    const cllama_model *model, int32_t count, int32_t threads, enum llama_pooling_type pooling) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = params.n_batch = params.n_ubatch = uint32_t(count);
  params.n_threads = params.n_threads_batch = threads;
  params.pooling_type = pooling;
  params.embeddings = true;
  params.no_perf = true;
  return context_ptr(llama_init_from_model(model->model, params));
}

struct batch_of_one {
  llama_batch batch;
  explicit batch_of_one(int32_t count) : batch(llama_batch_init(count, 0, 1)) {}
  ~batch_of_one() { llama_batch_free(batch); }
};

}  // namespace

int32_t cllama_embedding_length(const cllama_model *model) {
  return llama_model_n_embd_out(model->model);
}

bool cllama_embed(
    const cllama_model *model, const cllama_token *tokens, int32_t count, int32_t threads,
    float *embedding, cllama_text *error) {
  cllama::log_capture log;
  return cllama::guarded(error, false, [&] {
    auto fail = [&](const char *fallback) {
      cllama::set(error, log.reason(fallback));
      return false;
    };
    context_ptr context =
        embedding_context(model, count, threads, LLAMA_POOLING_TYPE_UNSPECIFIED);
    if (context && llama_pooling_type(context.get()) == LLAMA_POOLING_TYPE_NONE) {
      context.reset();
      context = embedding_context(model, count, threads, LLAMA_POOLING_TYPE_MEAN);
    }
    if (!context) return fail("llama.cpp makes no context for embeddings");
    if (llama_pooling_type(context.get()) == LLAMA_POOLING_TYPE_RANK) {
      cllama::set(error, "the model ranks texts; it has no embeddings");
      return false;
    }
    if (!cllama::apply_adapters(model, context.get())) {
      return fail("the model's adapters do not go with the context");
    }
    batch_of_one room(count);
    llama_batch &batch = room.batch;
    for (int32_t i = 0; i < count; i++) {
      batch.token[i] = tokens[i];
      batch.pos[i] = i;
      batch.n_seq_id[i] = 1;
      batch.seq_id[i][0] = 0;
      batch.logits[i] = true;
    }
    batch.n_tokens = count;
    if (llama_decode(context.get(), batch) != 0) return fail("the decode failed");
    const float *pooled = llama_get_embeddings_seq(context.get(), 0);
    if (!pooled) return fail("llama.cpp gives no embedding");
    std::copy_n(pooled, cllama_embedding_length(model), embedding);
    return true;
  });
}
