#pragma once

#include "CLlama.h"

#include <ggml-cpu.h>
#include <llama.h>

#include <atomic>
#include <exception>
#include <functional>
#include <string>
#include <vector>

/// What `cllama_model` stands for.
struct cllama_model {
  llama_model *model = nullptr;
  const llama_vocab *vocab = nullptr;
  /// What every context over the model adds to its weights; llama.cpp frees them with the model.
  std::vector<llama_adapter_lora *> adapters;
  std::vector<float> adapter_scales;
};

/// What `cllama_context` stands for: a context, its batch and its threads.
struct cllama_context {
  llama_context *context = nullptr;
  llama_batch batch{};
  int32_t capacity = 0;
  ggml_threadpool *pool = nullptr;
  std::atomic<bool> aborted{false};
  /// Of the sampler that draws now; here so that a slot that waits has none.
  std::vector<llama_token_data> candidates;
  std::atomic<bool> interrupted{false};
  /// Whether the memory gives up single cells, such as those that an interrupted decode leaves.
  bool gives_up_cells = false;
  /// Whether cells were moved or copied in name only: llama.cpp does it when it decodes next.
  bool unsettled = false;
  cllama_cell_layout layout{};

  cllama_context() = default;
  cllama_context(const cllama_context &) = delete;
  cllama_context &operator=(const cllama_context &) = delete;

  ~cllama_context() {
    if (context) llama_free(context);
    if (pool) ggml_threadpool_free(pool);
    if (capacity > 0) llama_batch_free(batch);
  }
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

/// What a computation may take that is not to be trusted.
struct isolation {
  int32_t cpu_seconds;
  int32_t wall_seconds;
  /// Beyond what the process has already; not held on systems but Linux.
  size_t memory_bytes;
  size_t output_bytes;
};

/// The text of `body`, computed in a child process: what does not end, overflows the stack or ends
/// its process there is false with the reason in `text`.
///
/// The child is a copy of this process with one thread, so `body` must take no lock that another
/// thread could hold; memory can be allocated.
bool isolated(
    const isolation &limits, const std::function<std::string()> &body, std::string &text);

/// Adds the model's adapters to a context; false where llama.cpp does not take them.
bool apply_adapters(const cllama_model *model, llama_context *context);

}  // namespace cllama
