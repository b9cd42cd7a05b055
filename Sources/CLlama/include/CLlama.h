/// The project's own C interface to llama.cpp.
///
/// No llama.cpp header and no C++ exception passes it: a function that can fail says so in its
/// result and leaves the reason in a `cllama_text`. Handles are opaque and freed by their creator.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cllama_model cllama_model;
typedef struct cllama_context cllama_context;
typedef struct cllama_sampler cllama_sampler;
typedef int32_t cllama_token;

/// UTF-8 bytes that the callee allocated; `bytes` is null while there are none.
typedef struct {
  char *bytes;
  size_t count;
} cllama_text;

/// Frees the bytes and leaves an empty text.
void cllama_text_free(cllama_text *text);

/// Cores that this process may run on; 0 where the system does not tell.
int32_t cllama_cores(void);

// Models. A model is immutable: any thread may use it, several at a time.

typedef struct {
  /// Layers kept on the GPU; negative for all of them.
  int32_t gpu_layers;
  /// Map the file, so that processes share its pages, rather than read it.
  bool use_memory_map;
  /// Let the CPU backend keep a private copy of the weights in the layout it computes fastest on.
  bool repack_weights;
} cllama_model_options;

/// Loads a GGUF file; null with llama.cpp's own reason in `error` where it cannot.
cllama_model *cllama_model_load(
    const char *path, cllama_model_options options, cllama_text *error);
void cllama_model_free(cllama_model *model);

typedef struct {
  int32_t trained_context;
  int32_t vocabulary;
  int32_t embedding;
  int32_t layers;
  uint64_t parameters;
  /// All tensors, in bytes.
  uint64_t tensor_bytes;
  /// Whether the model can continue text: it has a decoder and is no diffusion model.
  bool generates;
} cllama_model_facts;

cllama_model_facts cllama_model_get_facts(const cllama_model *model);

/// Tokens of `text`; negative where `capacity` is too small: minus the number needed.
/// INT32_MIN where the text cannot be tokenized at all.
int32_t cllama_tokenize(
    const cllama_model *model, const char *text, size_t text_count, cllama_token *tokens,
    int32_t capacity, bool add_special, bool parse_special);
/// Bytes of a token; negative where `capacity` is too small: minus the number needed.
int32_t cllama_token_piece(
    const cllama_model *model, cllama_token token, char *bytes, int32_t capacity,
    bool render_special);
bool cllama_token_ends_generation(const cllama_model *model, cllama_token token);

/// The model's chat template over messages, up to where the assistant's answer begins, without
/// the BOS token that tokenizing adds. A model without a template gets ChatML.
///
/// The template runs in a child process, with bounds on its time and memory: false with the reason
/// where it does not end or crashes.
///
/// `bytes` holds each message's role and content one after the other, `lengths` their lengths:
/// 2 * `count` of them.
bool cllama_chat_prompt(
    const cllama_model *model, const char *bytes, const size_t *lengths, size_t count,
    cllama_text *prompt, cllama_text *error);

/// A GBNF grammar whose texts are the JSON values that `schema` (a JSON Schema) accepts.
bool cllama_grammar_from_json_schema(
    const char *schema, cllama_text *grammar, cllama_text *error);

// Contexts. One thread at a time uses a context; cllama_context_abort and _interrupt alone are free
// of that.

typedef struct {
  /// Tokens that each sequence can hold.
  uint32_t context_size;
  uint32_t sequences;
  /// Most tokens of one decode.
  uint32_t batch_size;
  /// Most tokens computed at once: the compute buffers grow with it.
  uint32_t micro_batch_size;
  /// Most tokens of one decode that yield logits.
  uint32_t outputs;
  int32_t threads;
  int32_t batch_threads;
  /// Keep 16-bit cells, whose positions can be shifted, also where 8-bit ones are faster.
  bool shifts;
} cllama_context_options;

/// A context over `model`, which must outlive it.
cllama_context *cllama_context_create(
    const cllama_model *model, cllama_context_options options, cllama_text *error);
void cllama_context_free(cllama_context *context);

void cllama_batch_clear(cllama_context *context);
/// False where the batch is full.
bool cllama_batch_add(
    cllama_context *context, cllama_token token, int32_t position, int32_t sequence,
    bool wants_logits);

typedef enum {
  CLLAMA_DECODED = 0,
  /// The cache has no room for the batch.
  CLLAMA_DECODE_NO_ROOM = 1,
  CLLAMA_DECODE_ABORTED = 2,
  CLLAMA_DECODE_FAILED = 3,
  /// The cells of the batch's tokens may be there or not.
  CLLAMA_DECODE_INTERRUPTED = 4,
} cllama_decode_result;

/// Computes the batch. The batch's place of a token that wanted logits is what sampling takes.
cllama_decode_result cllama_decode(cllama_context *context, cllama_text *error);
/// Forgets a sequence's cells.
void cllama_sequence_clear(cllama_context *context, int32_t sequence);
/// Ends a decode that runs, and every later one, with CLLAMA_DECODE_ABORTED. Any thread may call it.
void cllama_context_abort(cllama_context *context);
/// With true, ends a decode that runs with CLLAMA_DECODE_INTERRUPTED, and every later one until it is
/// called with false. A model whose memory cannot give up single cells decodes on. Any thread may
/// call it.
void cllama_context_interrupt(cllama_context *context, bool interrupts);

// A context's memory: the cells of each sequence, one a position.

/// Forgets the cells of positions from `begin` to before `end`, or to the last where that is
/// negative. False where the memory gives up whole sequences only; it is unchanged then.
bool cllama_sequence_remove(
    cllama_context *context, int32_t sequence, int32_t begin, int32_t end);
/// Whether single cells at a sequence's end can be given up.
bool cllama_context_gives_up_cells(cllama_context *context);
/// Gives `to` the cells of `from` in place of its own. False where the memory cannot.
bool cllama_sequence_copy(cllama_context *context, int32_t from, int32_t to);
/// Adds `delta` to those positions. Only where `cllama_context_can_shift`.
bool cllama_sequence_shift(
    cllama_context *context, int32_t sequence, int32_t begin, int32_t end, int32_t delta);
/// Whether the memory's cells can change their positions.
bool cllama_context_can_shift(cllama_context *context);
/// The position after a sequence's last cell; 0 where it has none.
int32_t cllama_sequence_end(cllama_context *context, int32_t sequence);
/// The logits after the batch's token at `index`, one a token of the vocabulary; null where that
/// token wanted none. They live until the next decode.
const float *cllama_logits(cllama_context *context, int32_t index);

// A sequence's cells as bytes, to be put back into a context of the same model and layout.

/// What contexts must have in common for one to take the other's cells.
typedef struct {
  /// ggml's numbers of the types.
  uint32_t key_type;
  uint32_t value_type;
  /// Sequences that the context was made for.
  uint32_t sequences;
} cllama_cell_layout;

cllama_cell_layout cllama_context_layout(const cllama_context *context);
/// Whether all cells are what they are said to be. Those that were shifted or copied are only after
/// the next decode; until then states are neither read nor written.
bool cllama_context_is_settled(const cllama_context *context);
/// Bytes of a sequence's state; 0 where it has none.
size_t cllama_sequence_state_size(cllama_context *context, int32_t sequence);
/// Writes the state into `count` bytes, which must be its size.
bool cllama_sequence_state_get(
    cllama_context *context, int32_t sequence, uint8_t *bytes, size_t count, cllama_text *error);
/// Puts a state in place of what the sequence has; the sequence is empty where that fails. The bytes
/// must be a state that was got: llama.cpp does not check them to the end.
bool cllama_sequence_state_set(
    cllama_context *context, int32_t sequence, const uint8_t *bytes, size_t count,
    cllama_text *error);

// Embeddings.

/// Tokens' embedding, pooled as the model says and by their mean where it says nothing:
/// `cllama_embedding_length` values that are not normalised.
bool cllama_embed(
    const cllama_model *model, const cllama_token *tokens, int32_t count, int32_t threads,
    float *embedding, cllama_text *error);
int32_t cllama_embedding_length(const cllama_model *model);

// Adapters.

/// Adds a LoRA adapter, times `scale`, to every context that is made of the model from then on.
/// One thread alone uses the model meanwhile.
bool cllama_model_add_adapter(
    cllama_model *model, const char *path, float scale, cllama_text *error);

// Samplers. One thread at a time uses a sampler.

typedef struct {
  cllama_token token;
  /// Added to the token's logit; -INFINITY rules it out.
  float bias;
} cllama_token_bias;

typedef struct {
  /// 0 takes the likeliest token always.
  float temperature;
  float top_p;
  float min_p;
  /// 0 or less keeps all.
  int32_t top_k;
  float repeat_penalty;
  float frequency_penalty;
  float presence_penalty;
  /// Tokens that the penalties look back at; negative for all, 0 for none.
  int32_t penalty_window;
  uint32_t seed;
  /// For tokens of the vocabulary. They are copied.
  const cllama_token_bias *biases;
  size_t bias_count;
  /// GBNF with a rule `root`, or null.
  const char *grammar;
  /// Rule out the tokens that end an answer.
  bool never_ends;
} cllama_sampler_options;

typedef struct {
  cllama_token token;
  /// Natural logarithm of the probability that the model gives it.
  float log_probability;
} cllama_token_probability;

enum {
  /// There are no logits, or what there is are no numbers.
  CLLAMA_NO_TOKEN = -1,
  /// The grammar's text is whole, and nothing may follow it.
  CLLAMA_GRAMMAR_DONE = -2,
  /// No token of the vocabulary goes on as the grammar wants.
  CLLAMA_GRAMMAR_STUCK = -3,
};

/// A sampler of tokens of `model`, which must outlive it.
cllama_sampler *cllama_sampler_create(
    const cllama_model *model, cllama_sampler_options options, cllama_text *error);
void cllama_sampler_free(cllama_sampler *sampler);
/// Lets the penalties see tokens that stand before the answer.
void cllama_sampler_look_back(
    cllama_sampler *sampler, const cllama_token *tokens, size_t count);
/// Takes a token as if it had been drawn: the sampler is then in the state that it would have. False
/// where the grammar does not allow the token; nothing is changed then.
bool cllama_sampler_accept(cllama_sampler *sampler, cllama_token token);
/// The next token after the batch's token at `index`, or one of the negative numbers above. The draw is a
/// function of the logits, the seed and the number of tokens taken before.
///
/// `told` gets the token's probability and then those of the `told_count - 1` likeliest.
cllama_token cllama_sample(
    cllama_sampler *sampler, cllama_context *context, int32_t index,
    cllama_token_probability *told, int32_t told_count, cllama_text *error);

#ifdef __cplusplus
}
#endif
