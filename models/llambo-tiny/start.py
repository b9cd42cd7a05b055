"""The quickest model of all, a sum of word vectors that names the topic: a start for the tokens, and a teacher."""

import torch
from torch.nn import functional as F

STEPS = 4000
QUESTIONS = 96
PEAK_RATE = 0.005
SPREAD = 0.04


class WordSum(torch.nn.Module):
    def __init__(self, vocab, width, topics):
        super().__init__()
        self.bag = torch.nn.EmbeddingBag(vocab, width, mode="sum")
        torch.nn.init.normal_(self.bag.weight, std=0.3)
        self.guess = torch.nn.Linear(width, topics)

    def forward(self, questions):
        """Scores of the topics for questions as lists of tokens."""
        offsets, tokens = [], []
        for question in questions:
            offsets.append(len(tokens))
            tokens += question
        return self.guess(self.bag(torch.tensor(tokens), torch.tensor(offsets)))

    def start_vectors(self):
        vectors = self.bag.weight.detach()
        return vectors / vectors.square().mean().sqrt() * SPREAD


def learn_word_sum(corpus, tokenizer, topic_ids, width, rng):
    model = WordSum(len(tokenizer.tokens), width, len(topic_ids))
    tuner = torch.optim.Adam(model.parameters())
    for step in range(STEPS):
        pairs = [corpus.pair() for _ in range(QUESTIONS)]
        scores = model([tokenizer.encode(question, dropout=0.1, rng=rng) for question, _ in pairs])
        loss = F.cross_entropy(scores, torch.tensor([topic_ids[answer] for _, answer in pairs]))
        tuner.zero_grad()
        loss.backward()
        tuner.param_groups[0]["lr"] = PEAK_RATE * min(1, (1 - step / STEPS) / 0.7)
        tuner.step()
    print(f"sum of word vectors: loss of topics {loss.item():.3f}", flush=True)
    return model.requires_grad_(False)
