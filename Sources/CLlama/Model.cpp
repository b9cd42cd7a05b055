#include "Internal.h"

#include <climits>

namespace {

/// Tokenizes a text, so that a vocabulary that fails at it fails now.
void probe(const llama_vocab *vocab) {
  cllama_token tokens[16];
  llama_tokenize(vocab, "a", 1, tokens, 16, true, true);
}

}  // namespace

cllama_model *cllama_model_load(
    const char *path, cllama_model_options options, cllama_text *error) {
  cllama::log_capture log;
  return cllama::guarded<cllama_model *>(error, nullptr, [&]() -> cllama_model * {
    cllama::start();
    cllama::abort_guard guard;
    llama_model_params params = llama_model_default_params();
    params.n_gpu_layers = options.gpu_layers;
    params.load_mode = options.use_memory_map ? LLAMA_LOAD_MODE_MMAP : LLAMA_LOAD_MODE_NONE;
    params.use_extra_bufts = options.repack_weights;
    llama_model *model = llama_model_load_from_file(path, params);
    if (!model) {
      cllama::set(error, log.reason("llama.cpp gives no reason"));
      return nullptr;
    }
    try {
      probe(llama_model_get_vocab(model));
    } catch (...) {
      llama_model_free(model);
      throw;
    }
    auto *handle = new cllama_model;
    handle->model = model;
    handle->vocab = llama_model_get_vocab(model);
    return handle;
  });
}

void cllama_model_free(cllama_model *model) {
  if (!model) return;
  llama_model_free(model->model);
  delete model;
}

cllama_model_facts cllama_model_get_facts(const cllama_model *model) {
  return {
      llama_model_n_ctx_train(model->model),
      llama_vocab_n_tokens(model->vocab),
      llama_model_n_embd(model->model),
      llama_model_n_layer(model->model),
      llama_model_n_params(model->model),
      llama_model_size(model->model),
      llama_model_has_decoder(model->model) && !llama_model_has_encoder(model->model) &&
          !llama_model_is_diffusion(model->model),
  };
}

int32_t cllama_tokenize(
    const cllama_model *model, const char *text, size_t text_count, cllama_token *tokens,
    int32_t capacity, bool add_special, bool parse_special) {
  if (text_count > INT32_MAX) return INT32_MIN;
  cllama::abort_guard guard;
  return cllama::guarded<int32_t>(nullptr, INT32_MIN, [&] {
    return llama_tokenize(
        model->vocab, text, int32_t(text_count), tokens, capacity, add_special, parse_special);
  });
}

int32_t cllama_token_piece(
    const cllama_model *model, cllama_token token, char *bytes, int32_t capacity,
    bool render_special) {
  if (token < 0 || token >= llama_vocab_n_tokens(model->vocab)) return 0;
  cllama::abort_guard guard;
  return cllama::guarded<int32_t>(nullptr, 0, [&] {
    return llama_token_to_piece(model->vocab, token, bytes, capacity, 0, render_special);
  });
}

bool cllama_token_ends_generation(const cllama_model *model, cllama_token token) {
  return llama_vocab_is_eog(model->vocab, token);
}
