#include "Internal.h"

#include <log.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>

namespace cllama {

namespace {

thread_local log_capture *capture = nullptr;
thread_local bool throws_aborts = false;
bool prints = false;

/// Most bytes kept of one log line.
constexpr size_t line_limit = 1000;

void log_line(ggml_log_level level, const char *text, void *) {
  if (prints) fputs(text, stderr);
  if (!capture) return;
  try {
    capture->add(level, text);
  } catch (...) {
  }
}

/// llama.cpp's last word before it ends the process; in place of its hunt for a debugger.
void log_abort(const char *reason) {
  if (throws_aborts) throw std::runtime_error(reason);
  fprintf(stderr, "llama.cpp aborts: %s\n", reason);
}

}  // namespace

void start() {
  static std::once_flag once;
  std::call_once(once, [] {
    const char *wanted = getenv("LLAMBO_LOG");
    prints = wanted && strcmp(wanted, "debug") == 0;
    common_log_set_verbosity_thold(prints ? LOG_LEVEL_DEBUG : LOG_LEVEL_OUTPUT);
    llama_log_set(log_line, nullptr);
    ggml_set_abort_callback(log_abort);
    llama_backend_init();
  });
}

abort_guard::abort_guard() : outer(throws_aborts) { throws_aborts = true; }
abort_guard::~abort_guard() { throws_aborts = outer; }

log_capture::log_capture() : outer(capture) { capture = this; }
log_capture::~log_capture() { capture = outer; }

void log_capture::add(int level, const char *text) {
  switch (level) {
  case GGML_LOG_LEVEL_ERROR: open = error.empty() ? &error : nullptr; break;
  case GGML_LOG_LEVEL_WARN: open = warning.empty() ? &warning : nullptr; break;
  case GGML_LOG_LEVEL_CONT: break;
  default: open = nullptr;
  }
  if (open && open->size() < line_limit) open->append(text, strnlen(text, line_limit));
}

std::string log_capture::reason(const char *fallback) const {
  std::string line = !error.empty() ? error : warning;
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  // "llama_model_load: error loading model: ..." begins with a function's name.
  size_t name = line.find(": ");
  if (name != std::string::npos && line.find(' ') > name) line.erase(0, name + 2);
  return line.empty() ? fallback : line;
}

void set(cllama_text *text, const std::string &value) {
  if (!text) return;
  cllama_text_free(text);
  text->bytes = static_cast<char *>(malloc(value.size() + 1));
  if (!text->bytes) return;
  memcpy(text->bytes, value.c_str(), value.size() + 1);
  text->count = value.size();
}

}  // namespace cllama

void cllama_text_free(cllama_text *text) {
  free(text->bytes);
  *text = {};
}
