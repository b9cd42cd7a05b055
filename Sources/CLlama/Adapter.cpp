#include "Internal.h"

bool cllama_model_add_adapter(
    cllama_model *model, const char *path, float scale, cllama_text *error) {
  cllama::log_capture log;
  return cllama::guarded(error, false, [&] {
    model->adapters.reserve(model->adapters.size() + 1);
    model->adapter_scales.reserve(model->adapter_scales.size() + 1);
    llama_adapter_lora *adapter = llama_adapter_lora_init(model->model, path);
    if (!adapter) {
      cllama::set(error, log.reason("llama.cpp gives no reason"));
      return false;
    }
    model->adapters.push_back(adapter);
    model->adapter_scales.push_back(scale);
    return true;
  });
}

bool cllama::apply_adapters(const cllama_model *model, llama_context *context) {
  if (model->adapters.empty()) return true;
  auto adapters = model->adapters;
  auto scales = model->adapter_scales;
  return llama_set_adapters_lora(context, adapters.data(), adapters.size(), scales.data()) == 0;
}
