"""Start vectors for the tokens, from the quickest model of all: a sum of word vectors that names the topic."""

import torch
from torch.nn import functional as F

STEPS = 4000
QUESTIONS = 96
PEAK_RATE = 0.005
SPREAD = 0.04


def start_vectors(corpus, tokenizer, topic_ids, width, rng):
    bag = torch.nn.EmbeddingBag(len(tokenizer.tokens), width, mode="sum")
    torch.nn.init.normal_(bag.weight, std=0.3)
    guess = torch.nn.Linear(width, len(topic_ids))
    tuner = torch.optim.Adam([*bag.parameters(), *guess.parameters()])
    for step in range(STEPS):
        tokens, offsets, topics = [], [], []
        for _ in range(QUESTIONS):
            question, answer = corpus.pair()
            offsets.append(len(tokens))
            tokens += tokenizer.encode(question, dropout=0.1, rng=rng)
            topics.append(topic_ids[answer])
        loss = F.cross_entropy(guess(bag(torch.tensor(tokens), torch.tensor(offsets))), torch.tensor(topics))
        tuner.zero_grad()
        loss.backward()
        tuner.param_groups[0]["lr"] = PEAK_RATE * min(1, (1 - step / STEPS) / 0.7)
        tuner.step()
    print(f"start vectors: loss of topics {loss.item():.3f}", flush=True)
    vectors = bag.weight.detach()
    return vectors / vectors.square().mean().sqrt() * SPREAD
