#pragma once

#include "CLlama.h"

#include <llama.h>

#include <exception>
#include <string>

/// What `cllama_model` stands for: a loaded model and its compiled chat template.
struct cllama_model {
  llama_model *model = nullptr;
  const llama_vocab *vocab = nullptr;
  struct chat;
  chat *chat_state = nullptr;
};

namespace cllama {

/// Starts llama.cpp's backends and takes over its log, once a process.
void start();

/// Collects what llama.cpp logs as errors and warnings on this thread while it lives.
class log_capture {
public:
  log_capture();
  ~log_capture();
  log_capture(const log_capture &) = delete;
  log_capture &operator=(const log_capture &) = delete;

  /// The first error, else the first warning, else `fallback`; without llama.cpp's function names.
  std::string reason(const char *fallback) const;

  /// Takes a piece of a log line.
  void add(int level, const char *text);

private:
  log_capture *outer;
  std::string error, warning;
  std::string *open = nullptr;
};

/// While it lives, an assertion of llama.cpp that fails on this thread is thrown as an exception
/// rather than the process's end. Only for what computes on no other thread.
class abort_guard {
public:
  abort_guard();
  ~abort_guard();
  abort_guard(const abort_guard &) = delete;
  abort_guard &operator=(const abort_guard &) = delete;

private:
  bool outer;
};

void set(cllama_text *text, const std::string &value);

/// `body()`, or `otherwise` with the exception's words in `error`.
template <typename Result, typename Body>
Result guarded(cllama_text *error, Result otherwise, Body body) noexcept {
  try {
    return body();
  } catch (const std::exception &exception) {
    try { set(error, exception.what()); } catch (...) {}
  } catch (...) {
    try { set(error, "an unknown C++ exception"); } catch (...) {}
  }
  return otherwise;
}

/// Gives a model the place of its chat template, which the first prompt compiles.
void make_chat(cllama_model *model);
void free_chat(cllama_model::chat *chat);

}  // namespace cllama
