#include "Internal.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <unordered_map>

struct cllama_sampler {
  const llama_vocab *vocab = nullptr;
  cllama_sampler_options options{};
  std::vector<cllama_token_bias> biases;
  /// What narrows the candidates and applies the temperature.
  llama_sampler *chain = nullptr;
  llama_sampler *grammar = nullptr;
  /// Tokens that penalties look back at, and how often each of them occurs.
  std::deque<cllama_token> recent;
  std::unordered_map<cllama_token, int32_t> occurrences;
  /// Tokens taken so far: the place of the next in its answer, which its draw is a function of.
  uint64_t place = 0;

  cllama_sampler() = default;
  cllama_sampler(const cllama_sampler &) = delete;
  cllama_sampler &operator=(const cllama_sampler &) = delete;

  ~cllama_sampler() {
    if (chain) llama_sampler_free(chain);
    if (grammar) llama_sampler_free(grammar);
  }

  bool has_penalties() const {
    return options.penalty_window != 0 &&
           (options.repeat_penalty != 1 || options.frequency_penalty != 0 ||
            options.presence_penalty != 0);
  }
};

namespace {

constexpr cllama_token no_token = CLLAMA_NO_TOKEN;

/// A number in [0, 1) that depends on nothing but its arguments: the output function of SplitMix64
/// (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014), chained over them.
double uniform(uint64_t seed, uint64_t place, uint64_t attempt) {
  uint64_t state = 0;
  for (uint64_t part : {seed, place, attempt}) {
    state = (state ^ part) + 0x9e3779b97f4a7c15;
    state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
    state ^= state >> 31;
  }
  return double(state >> 11) * 0x1p-53;
}

/// Logits with a request's biases and penalties on them while it lives; they are the context's own,
/// so that nothing is copied where nothing is changed.
class adjusted_logits {
public:
  adjusted_logits(const cllama_sampler &sampler, float *logits, int32_t count) : logits(logits) {
    if (sampler.has_penalties()) {
      for (auto [token, times] : sampler.occurrences) penalize(sampler.options, token, times);
    }
    for (auto [token, bias] : sampler.biases) {
      if (token < count) set(token, logits[token] + bias);
    }
  }

  ~adjusted_logits() {
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
      logits[change->first] = change->second;
    }
  }

  adjusted_logits(const adjusted_logits &) = delete;
  adjusted_logits &operator=(const adjusted_logits &) = delete;

private:
  /// The repeat penalty divides what speaks for a token and multiplies what speaks against it
  /// (Keskar et al., "CTRL", 2019); the other two are subtracted (OpenAI's definition).
  void penalize(const cllama_sampler_options &options, cllama_token token, int32_t times) {
    float logit = logits[token];
    logit = logit > 0 ? logit / options.repeat_penalty : logit * options.repeat_penalty;
    set(token, logit - float(times) * options.frequency_penalty - options.presence_penalty);
  }

  void set(cllama_token token, float value) {
    changes.emplace_back(token, logits[token]);
    logits[token] = value;
  }

  float *logits;
  std::vector<std::pair<cllama_token, float>> changes;
};

/// The likeliest token, the first of equals; none where no logit is a number above -infinity.
cllama_token likeliest(const float *logits, int32_t count) {
  cllama_token best = no_token;
  float most = -INFINITY;
  for (int32_t token = 0; token < count; token++) {
    if (logits[token] > most) {
      most = logits[token];
      best = token;
    }
  }
  return best;
}

cllama_token likeliest(const llama_token_data_array &candidates) {
  cllama_token best = no_token;
  float most = -INFINITY;
  for (size_t i = 0; i < candidates.size; i++) {
    if (candidates.data[i].logit > most) {
      most = candidates.data[i].logit;
      best = candidates.data[i].id;
    }
  }
  return best;
}

llama_token_data_array all_candidates(
    cllama_context *context, const float *logits, int32_t count) {
  auto &candidates = context->candidates;
  candidates.resize(size_t(count));
  for (int32_t token = 0; token < count; token++) candidates[size_t(token)] = {token, logits[token], 0};
  return {candidates.data(), candidates.size(), -1, false};
}

/// Draws from the candidates that the chain leaves, by inversion of their distribution.
cllama_token draw(const cllama_sampler &sampler, llama_token_data_array candidates, int attempt) {
  // Candidates that a grammar rules out would still be counted as some of the top ones.
  auto *end = std::remove_if(
      candidates.data, candidates.data + candidates.size,
      [](const llama_token_data &candidate) { return !(candidate.logit > -INFINITY); });
  candidates.size = size_t(end - candidates.data);
  if (candidates.size == 0) return no_token;
  llama_sampler_apply(sampler.chain, &candidates);
  float most = -INFINITY;
  for (size_t i = 0; i < candidates.size; i++) most = std::max(most, candidates.data[i].logit);
  double sum = 0;
  for (size_t i = 0; i < candidates.size; i++) {
    candidates.data[i].p = std::exp(candidates.data[i].logit - most);
    sum += candidates.data[i].p;
  }
  if (!(sum > 0) || !std::isfinite(sum)) return no_token;
  double left = uniform(sampler.options.seed, sampler.place, uint64_t(attempt)) * sum;
  for (size_t i = 0; i < candidates.size; i++) {
    left -= candidates.data[i].p;
    if (left < 0) return candidates.data[i].id;
  }
  return candidates.data[candidates.size - 1].id;
}

bool grammar_allows(const cllama_sampler &sampler, cllama_token token) {
  llama_token_data candidate{token, 1, 0};
  llama_token_data_array one{&candidate, 1, -1, false};
  llama_sampler_apply(sampler.grammar, &one);
  return candidate.logit > -INFINITY;
}

/// Draws freely first and looks at the grammar then: most draws fit, and to ask a grammar about
/// each token of a vocabulary is dear. A draw that does not fit is made again among those that do,
/// which gives each of them the probability that it has among them.
cllama_token choose(const cllama_sampler &sampler, cllama_context *context, float *logits) {
  int32_t count = llama_vocab_n_tokens(sampler.vocab);
  adjusted_logits adjusted(sampler, logits, count);
  bool greedy = sampler.options.temperature <= 0;
  cllama_token token = greedy ? likeliest(logits, count)
                              : draw(sampler, all_candidates(context, logits, count), 0);
  if (!sampler.grammar || token == no_token || grammar_allows(sampler, token)) return token;
  llama_token_data_array allowed = all_candidates(context, logits, count);
  llama_sampler_apply(sampler.grammar, &allowed);
  token = greedy ? likeliest(allowed) : draw(sampler, allowed, 1);
  if (token != no_token) return token;
  cllama_token end = llama_vocab_eos(sampler.vocab);
  return end >= 0 && grammar_allows(sampler, end) ? CLLAMA_GRAMMAR_DONE : CLLAMA_GRAMMAR_STUCK;
}

void look_back_at(cllama_sampler &sampler, cllama_token token) {
  if (!sampler.has_penalties()) return;
  sampler.recent.push_back(token);
  sampler.occurrences[token]++;
  int32_t window = sampler.options.penalty_window;
  if (window < 0 || sampler.recent.size() <= size_t(window)) return;
  auto oldest = sampler.occurrences.find(sampler.recent.front());
  if (--oldest->second == 0) sampler.occurrences.erase(oldest);
  sampler.recent.pop_front();
}

void accept(cllama_sampler &sampler, cllama_token token) {
  if (sampler.grammar) llama_sampler_accept(sampler.grammar, token);
  look_back_at(sampler, token);
  sampler.place++;
}

/// What a token and the likeliest ones have as natural logarithms of their probabilities, before
/// any bias, penalty or narrowing.
void tell(
    const float *logits, int32_t vocabulary, cllama_token token,
    cllama_token_probability *told, int32_t count) {
  float most = *std::max_element(logits, logits + vocabulary);
  double sum = 0;
  for (int32_t i = 0; i < vocabulary; i++) sum += std::exp(double(logits[i] - most));
  double whole = double(most) + std::log(sum);
  told[0] = {token, float(logits[token] - whole)};
  std::vector<cllama_token> order(size_t(std::min(count - 1, vocabulary)));
  auto likelier = [&](cllama_token left, cllama_token right) {
    return logits[left] != logits[right] ? logits[left] > logits[right] : left < right;
  };
  std::vector<cllama_token> all(static_cast<size_t>(vocabulary));
  for (int32_t i = 0; i < vocabulary; i++) all[size_t(i)] = i;
  std::partial_sort_copy(all.begin(), all.end(), order.begin(), order.end(), likelier);
  for (size_t i = 0; i < order.size(); i++) {
    told[i + 1] = {order[i], float(logits[order[i]] - whole)};
  }
}

}  // namespace

cllama_sampler *cllama_sampler_create(
    const cllama_model *model, cllama_sampler_options options, cllama_text *error) {
  cllama::log_capture log;
  return cllama::guarded<cllama_sampler *>(error, nullptr, [&]() -> cllama_sampler * {
    cllama::abort_guard guard;
    auto handle = std::make_unique<cllama_sampler>();
    handle->options = options;
    handle->vocab = model->vocab;
    handle->biases.assign(options.biases, options.biases + options.bias_count);
    handle->options.biases = nullptr;
    handle->options.grammar = nullptr;
    if (options.never_ends) {
      int32_t count = llama_vocab_n_tokens(model->vocab);
      for (cllama_token token = 0; token < count; token++) {
        if (llama_vocab_is_eog(model->vocab, token)) handle->biases.push_back({token, -INFINITY});
      }
    }
    if (options.grammar) {
      handle->grammar = llama_sampler_init_grammar(model->vocab, options.grammar, "root");
      if (!handle->grammar) {
        cllama::set(error, log.reason("llama.cpp gives no reason"));
        return nullptr;
      }
    }
    if (options.temperature > 0) {
      handle->chain = llama_sampler_chain_init({/*no_perf=*/true});
      auto add = [&](llama_sampler *sampler) { llama_sampler_chain_add(handle->chain, sampler); };
      if (options.top_k > 0) add(llama_sampler_init_top_k(options.top_k));
      if (options.top_p < 1) add(llama_sampler_init_top_p(options.top_p, 1));
      if (options.min_p > 0) add(llama_sampler_init_min_p(options.min_p, 1));
      add(llama_sampler_init_temp(options.temperature));
    }
    return handle.release();
  });
}

void cllama_sampler_free(cllama_sampler *sampler) { delete sampler; }

void cllama_sampler_look_back(
    cllama_sampler *sampler, const cllama_token *tokens, size_t count) {
  int32_t window = sampler->options.penalty_window;
  if (window >= 0 && count > size_t(window)) {
    tokens += count - size_t(window);
    count = size_t(window);
  }
  cllama::guarded(nullptr, false, [&] {
    for (size_t i = 0; i < count; i++) look_back_at(*sampler, tokens[i]);
    return true;
  });
}

bool cllama_sampler_accept(cllama_sampler *sampler, cllama_token token) {
  return cllama::guarded(nullptr, false, [&] {
    cllama::abort_guard guard;
    if (sampler->grammar && !grammar_allows(*sampler, token)) return false;
    accept(*sampler, token);
    return true;
  });
}

cllama_token cllama_sample(
    cllama_sampler *sampler, cllama_context *context, int32_t index,
    cllama_token_probability *told, int32_t told_count, cllama_text *error) {
  return cllama::guarded<cllama_token>(error, CLLAMA_NO_TOKEN, [&]() -> cllama_token {
    cllama::abort_guard guard;
    float *logits = llama_get_logits_ith(context->context, index);
    if (!logits) {
      cllama::set(error, "the batch's token has no logits");
      return CLLAMA_NO_TOKEN;
    }
    cllama_token token = choose(*sampler, context, logits);
    if (token == CLLAMA_NO_TOKEN) cllama::set(error, "the logits are no numbers");
    if (token < 0) return token;
    if (told_count > 0) {
      tell(logits, llama_vocab_n_tokens(sampler->vocab), token, told, told_count);
    }
    // The end is no part of the answer that penalties and grammar follow.
    if (!llama_vocab_is_eog(sampler->vocab, token)) accept(*sampler, token);
    return token;
  });
}
