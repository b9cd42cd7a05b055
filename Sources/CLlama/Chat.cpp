#include "Internal.h"

#include <chat.h>
#include <json-schema-to-grammar.h>
#include <log.h>

namespace {

/// Templates that models ship take milliseconds and a few MiB.
constexpr cllama::isolation template_limits{
    /*cpu_seconds=*/2, /*wall_seconds=*/10, /*memory_bytes=*/512 << 20,
    /*output_bytes=*/64 << 20};

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

bool cllama_chat_prompt(
    const cllama_model *model, const char *bytes, const size_t *lengths, size_t count,
    cllama_text *prompt, cllama_text *error) {
  return cllama::guarded(error, false, [&] {
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
    // A template is a program that came with the file. llama.cpp's engine recurses as deep and
    // computes as long as the template says, and asserts and divides on what it says.
    std::string text;
    bool rendered = cllama::isolated(
        template_limits,
        [&] {
          // llama.cpp's log has a thread of its own, which the child lacks.
          common_log_set_verbosity_thold(LOG_LEVEL_OUTPUT);
          return common_chat_templates_apply(compile(model->model).get(), inputs).prompt;
        },
        text);
    cllama::set(rendered ? prompt : error, text);
    return rendered;
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
