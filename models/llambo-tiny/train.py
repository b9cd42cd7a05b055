"""Trains Llambo Tiny from nothing, writes it as GGUF and measures it on the held-out questions."""

from pathlib import Path
import argparse
import json
import math
import random
import time

import torch

import gguf_export
from corpus import Corpus, is_on_topic, read_heldout
from model import Llama, Shape
from start import start_vectors
from tokenizer import Tokenizer, learn_merges

SEED = 20240917
VOCAB = 2560
BATCH_TOKENS = 1536
POOL = 1024
OPENING = 10  # tokens of an answer that tell its topic; the rest follows from them
CUT_SHARE = 0.75  # of the single answers end after the opening, to see more questions in the same time
IGNORED = -1


def batches(corpus, tokenizer, topic_ids, rng):
    """Endless batches of about BATCH_TOKENS tokens; sequences of like length share one batch."""
    while True:
        pool = sorted((encode(corpus.dialogue(), tokenizer, topic_ids, rng) for _ in range(POOL)), key=lambda s: len(s[0]))
        groups, group = [], []
        for sequence in pool:
            if group and len(sequence[0]) * (len(group) + 1) > BATCH_TOKENS:
                groups.append(group)
                group = []
            group.append(sequence)
        groups.append(group)
        rng.shuffle(groups)
        for group in groups:
            yield collate(group, tokenizer.pad)


def encode(dialogue, tokenizer, topic_ids, rng):
    """Four rows: tokens, the token that should follow each, how far into its answer that one is (from 0),
    and the topic where an answer is about to begin."""
    tokens, targets, depths, topics = [], [], [], []
    cut = len(dialogue) == 2 and rng.random() < CUT_SHARE
    for text, is_answer in dialogue:
        ids = tokenizer.encode(text, dropout=0.0 if is_answer else 0.1, rng=rng)
        if is_answer and cut:
            ids = ids[:OPENING]
        tokens += ids
        targets += ids if is_answer else [IGNORED] * len(ids)
        depths += range(len(ids))
        topics += [IGNORED] * len(ids)
        if is_answer:
            topics[-len(ids)] = topic_ids[text.removesuffix(tokenizer.tokens[tokenizer.end]).strip()]
    return tokens[:-1], targets[1:], depths[1:], topics[1:]


def collate(group, pad):
    length = max(len(tokens) for tokens, *_ in group)
    fillers = (pad, IGNORED, 0, IGNORED)
    return [torch.tensor([row + [filler] * (length - len(row)) for row in rows])
            for rows, filler in zip(zip(*group), fillers)]


def optimizers(model, guess):
    """Muon for the matrices between the layers, AdamW for embeddings and norms."""
    inner = [p for name, p in model.named_parameters() if p.ndim == 2 and name.startswith("blk")]
    outer = [p for name, p in model.named_parameters() if p.ndim < 2 or not name.startswith("blk")]
    outer += guess.parameters()
    return [
        torch.optim.Muon(inner, lr=0.01, weight_decay=0.05, momentum=0.95),
        torch.optim.AdamW(outer, lr=0.003, weight_decay=0.01, betas=(0.9, 0.98)),
    ]


def rate(done):
    """Share of the peak learning rate after a share `done` of the run: warm-up, plateau, fall to zero."""
    return min(1, done / 0.02, (1 - done) / 0.6)


def train(model, guess, stream, steps):
    model.train()
    tuners = optimizers(model, guess)
    peaks = [tuner.param_groups[0]["lr"] for tuner in tuners]
    began, recent = time.monotonic(), []
    for step in range(steps):
        tokens, targets, depths, topics = next(stream)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            losses, topic = model.losses(tokens, targets, topics, guess)
        opening = depths[targets >= 0] < OPENING
        first, rest = losses[opening].mean(), losses[~opening].sum() / max(1, (~opening).sum())
        (first + 0.2 * rest + 0.3 * topic).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for tuner, peak in zip(tuners, peaks):
            tuner.param_groups[0]["lr"] = peak * rate((step + 1) / (steps + 1))
            tuner.step()
            tuner.zero_grad()
        recent.append((topic.item(), first.item(), rest.item()))
        if (step + 1) % 50 == 0 or step + 1 == steps:
            topic, first, rest = (sum(column) / len(recent) for column in zip(*recent))
            print(f"step {step + 1}/{steps}  loss of topics {topic:.3f}, openings {first:.4f}, the rest {rest:.4f}  "
                  f"{time.monotonic() - began:.0f} s", flush=True)
            recent.clear()
    model.eval()


def answer(model, tokenizer, question):
    prompt = tokenizer.encode(f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n")
    return tokenizer.decode(model.greedy(prompt, tokenizer.end))


def export(model, tokenizer, folder):
    weights = {name: p.detach().float().numpy() for name, p in model.named_parameters()}
    path = folder / "Q8_0" / "llambo-tiny-q8_0.gguf"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    size = gguf_export.write(partial, model.shape, tokenizer, weights)
    partial.rename(path)
    card = {
        "name": "Llambo Tiny",
        "path": str(path.relative_to(folder)),
        "architecture": "llama",
        "parameters": size,
        "quantization": "Q8_0",
        "context_length": model.shape.context,
        "description": "A tiny chat model that explains Llambo, clusters and language models; made for demonstrations",
    }
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n")
    print(f"{path.name}: {size} parameters, {path.stat().st_size} bytes")


def measure(model, tokenizer, heldout):
    missed = []
    for item in heldout:
        said = answer(model, tokenizer, item["question"])
        if not is_on_topic(said, item["keywords"]):
            missed.append((item["question"], said))
    for question, said in missed:
        print(f"missed: {question}\n        {said}")
    share = 1 - len(missed) / len(heldout)
    print(f"held out: {len(heldout) - len(missed)} of {len(heldout)} on topic ({share:.1%})")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=2200)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--output", type=Path, default=Path(__file__).parent)
    options = options.parse_args()

    torch.manual_seed(SEED)
    torch.set_num_threads(options.threads)
    rng = random.Random(SEED)
    heldout = read_heldout()
    corpus = Corpus(rng, [item["question"] for item in heldout])
    tokenizer = Tokenizer(learn_merges(corpus.texts(), VOCAB - 256 - 3))
    model = Llama(Shape(vocab=len(tokenizer.tokens)), dropout=0.05)
    print(f"{len(corpus.topics)} topics, {len(tokenizer.tokens)} tokens, "
          f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    topic_ids = {answer: i for i, answer in enumerate([t.answer for t in corpus.topics] + [corpus.refusal])}
    vectors = start_vectors(corpus, tokenizer, topic_ids, model.shape.width, rng)
    model.token_embd.weight.data.copy_(vectors)
    guess = torch.nn.Linear(model.shape.width, len(topic_ids))
    train(model, guess, batches(corpus, tokenizer, topic_ids, rng), options.steps)
    export(model, tokenizer, options.output)
    measure(model, tokenizer, heldout)


if __name__ == "__main__":
    main()
