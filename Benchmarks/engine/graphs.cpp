// What a decode of one token for each of some slots takes, by how many they are and whether their
// numbers follow one another.
//
// usage: graphs MODEL [ROUNDS]
//
// It prints the median of the rounds for each pattern of 16 slots, an x for one that has a token. All
// patterns take turns, so that noise hits all alike. One thread, a stream of cells for each slot, as
// the worker has it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "llama.h"

namespace {

constexpr int SLOTS = 16, CONTEXT = 512, HELD = 100, ROUNDS = 200;

void decode(llama_context *context, llama_batch &batch) {
  if (llama_decode(context, batch) != 0) {
    std::fprintf(stderr, "graphs: a decode failed\n");
    std::exit(1);
  }
  llama_synchronize(context);
}

void add(llama_batch &batch, int slot, int position, bool wants_logits) {
  const int at = batch.n_tokens++;
  batch.token[at] = 10 + (slot * 31 + position) % 500;
  batch.pos[at] = position;
  batch.n_seq_id[at] = 1;
  batch.seq_id[at][0] = slot;
  batch.logits[at] = wants_logits;
}

double microseconds(llama_context *context, llama_batch &batch, const std::string &pattern) {
  batch.n_tokens = 0;
  for (int slot = 0; slot < SLOTS; slot++) {
    if (pattern[slot] != 'x') continue;
    llama_memory_seq_rm(llama_get_memory(context), slot, HELD, -1);
    add(batch, slot, HELD, true);
  }
  // The first one builds the graphs that the second one has ready, as when streams go on.
  decode(context, batch);
  for (int slot = 0; slot < SLOTS; slot++) {
    llama_memory_seq_rm(llama_get_memory(context), slot, HELD, -1);
  }
  const auto start = std::chrono::steady_clock::now();
  decode(context, batch);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: graphs MODEL [ROUNDS]\n");
    return 64;
  }
  llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
  llama_model *model = llama_model_load_from_file(argv[1], llama_model_default_params());
  llama_context_params params = llama_context_default_params();
  params.n_ctx = SLOTS * CONTEXT;
  params.n_seq_max = SLOTS;
  params.n_threads = params.n_threads_batch = 1;
  params.kv_unified = false;
  llama_context *context = model ? llama_init_from_model(model, params) : nullptr;
  if (!context) {
    std::fprintf(stderr, "graphs: %s cannot be loaded\n", argv[1]);
    return 1;
  }
  llama_batch batch = llama_batch_init(HELD, 0, 1);
  for (int slot = 0; slot < SLOTS; slot++) {
    batch.n_tokens = 0;
    for (int position = 0; position < HELD; position++) add(batch, slot, position, false);
    decode(context, batch);
  }
  const std::vector<std::string> patterns = {
      "x...............", "xx..............", "x.x.............", "xxx.............",
      "x..x............", "xxxx............", "xxxxxxxx........", "xxxx.xxxx.......",
      "xxxx..xxxx......", "x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxx.", "xxxxxxx.xxxxxxxx",
      "xxxxxxxxxxxxxxxx"};
  std::vector<std::vector<double>> times(patterns.size());
  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : ROUNDS;
  for (int round = 0; round < rounds; round++) {
    for (size_t p = 0; p < patterns.size(); p++) {
      times[p].push_back(microseconds(context, batch, patterns[p]));
    }
  }
  for (size_t p = 0; p < patterns.size(); p++) {
    std::sort(times[p].begin(), times[p].end());
    std::printf("%s %9.0f us\n", patterns[p].c_str(), times[p][times[p].size() / 2]);
  }
  llama_batch_free(batch);
  llama_free(context);
  llama_model_free(model);
}
