#include "Internal.h"

#include <chat.h>
#include <json-schema-to-grammar.h>

#include <mutex>

/// A compiled template counts on one renderer at a time.
struct cllama_model::chat {
  std::mutex mutex;
  common_chat_templates_ptr templates;
};

namespace {

common_chat_templates_ptr compile(const llama_model *model) {
  try {
    return common_chat_templates_init(model, "");
  } catch (...) {
    // The exception has lost its words (thrown on by value): compiling the source alone tells them.
    const char *source = llama_model_chat_template(model, nullptr);
    if (source) common_chat_template(source, "", "");
    throw;
  }
}

}  // namespace

void cllama::free_chat(cllama_model::chat *chat) { delete chat; }

void cllama::make_chat(cllama_model *model) { model->chat_state = new cllama_model::chat; }

bool cllama_chat_prompt(
    const cllama_model *model, const char *bytes, const size_t *lengths, size_t count,
    cllama_text *prompt, cllama_text *error) {
  cllama::log_capture log;
  return cllama::guarded(error, false, [&] {
    auto &chat = *model->chat_state;
    std::lock_guard<std::mutex> lock(chat.mutex);
    if (!chat.templates) chat.templates = compile(model->model);
    common_chat_templates_inputs inputs;
    inputs.force_pure_content = true;
    inputs.add_bos = llama_vocab_get_add_bos(model->vocab);
    inputs.add_eos = llama_vocab_get_add_eos(model->vocab);
    auto take = [&] {
      std::string text(bytes, *lengths);
      bytes += *lengths++;
      return text;
    };
    for (size_t i = 0; i < count; i++) {
      common_chat_msg message;
      message.role = take();
      message.content = take();
      inputs.messages.push_back(std::move(message));
    }
    cllama::set(prompt, common_chat_templates_apply(chat.templates.get(), inputs).prompt);
    return true;
  });
}

bool cllama_grammar_from_json_schema(
    const char *schema, cllama_text *grammar, cllama_text *error) {
  cllama::log_capture log;
  return cllama::guarded(error, false, [&] {
    cllama::start();
    cllama::set(grammar, json_schema_to_grammar(common_json::parse(schema)));
    return true;
  });
}
