"""Trains Llambo Tiny from nothing, writes it as GGUF and measures it on the held-out questions."""

from pathlib import Path
import argparse
import json
import os
import random
import time

# Threads that spin while they wait slow training down much on a busy machine. To be set before torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch.nn import functional as F

import gguf_export
from corpus import Corpus, is_on_topic, read_heldout
from model import Llama, Shape
from start import start_vectors
from tokenizer import END, Tokenizer, learn_merges

SEED = 20240917
VOCAB = 2560
QUESTION_STEPS = 4000  # of reading questions alone, with the lower half of the model
QUESTION_TOKENS = 3072  # in a batch of such a step
ANSWER_STEPS = 4000  # of the whole model with answers
ANSWER_TOKENS = 2048
POOL = 2048
OPENING = 8  # tokens of an answer that tell its topic; the rest follows from them
CUT_SHARE = 0.75  # of the single answers end after the opening, to see more questions in the same time
IGNORED = -1


def batches(sequences, size, rng, collate):
    """Endless batches of about `size` tokens; sequences of like length share one batch."""
    while True:
        pool = sorted((next(sequences) for _ in range(POOL)), key=lambda s: len(s[0]))
        groups, group = [], []
        for sequence in pool:
            if group and len(sequence[0]) * (len(group) + 1) > size:
                groups.append(group)
                group = []
            group.append(sequence)
        groups.append(group)
        rng.shuffle(groups)
        for group in groups:
            yield collate(group)


def questions(corpus, tokenizer, topic_ids, rng):
    """Endless single questions: tokens up to where the answer begins, and the topic."""
    while True:
        (text, _), (answer, _) = corpus.single()
        yield tokenizer.encode(text, dropout=0.1, rng=rng), topic_ids[plain(answer)]


def conversations(corpus, tokenizer, topic_ids, rng):
    """Endless dialogues, as `encode` gives them."""
    while True:
        yield encode(corpus.dialogue(), tokenizer, topic_ids, rng)


def plain(answer):
    return answer.removesuffix(END).strip()


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
            topics[-len(ids)] = topic_ids[plain(text)]
    return tokens[:-1], targets[1:], depths[1:], topics[1:]


def padded(rows, filler):
    length = max(map(len, rows))
    return torch.tensor([row + [filler] * (length - len(row)) for row in rows])


def question_batch(group, pad):
    tokens, topics = zip(*group)
    return padded(tokens, pad), torch.tensor([len(row) - 1 for row in tokens]), torch.tensor(topics)


def conversation_batch(group, pad):
    return [padded(rows, filler) for rows, filler in zip(zip(*group), (pad, IGNORED, 0, IGNORED))]


def optimizers(blocks, others, muon_peaks, adam_peak):
    """Muon for the matrices between the layers, each of `blocks` at its peak rate, AdamW for the other parameters."""
    matrices = [{"params": [p for p in block.parameters() if p.ndim == 2], "lr": peak}
                for block, peak in zip(blocks, muon_peaks)]
    others = others + [p for block in blocks for p in block.parameters() if p.ndim < 2]
    return [
        torch.optim.Muon(matrices, lr=0.0, weight_decay=0.05, momentum=0.95),
        torch.optim.AdamW(others, lr=adam_peak, weight_decay=0.01, betas=(0.9, 0.98)),
    ]


def rate(done):
    """Share of the peak learning rate after a share `done` of the run: warm-up, plateau, fall to zero."""
    return min(1, done / 0.02, (1 - done) / 0.6)


def run(tuners, steps, names, losses):
    """Takes `steps` steps down the first of the `losses()`, and prints the means of the others, called `names`."""
    groups = [group for tuner in tuners for group in tuner.param_groups]
    weights = [p for group in groups for p in group["params"]]
    peaks = [group["lr"] for group in groups]
    began, recent = time.monotonic(), []
    for step in range(steps):
        total, *told = losses()
        total.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        for group, peak in zip(groups, peaks):
            group["lr"] = peak * rate((step + 1) / (steps + 1))
        for tuner in tuners:
            tuner.step()
            tuner.zero_grad()
        recent.append([loss.item() for loss in told])
        if (step + 1) % 50 == 0 or step + 1 == steps:
            means = (sum(column) / len(recent) for column in zip(*recent))
            print(f"step {step + 1}/{steps}  loss of " + ", ".join(f"{n} {m:.4f}" for n, m in zip(names, means))
                  + f"  {time.monotonic() - began:.0f} s", flush=True)
            recent.clear()


def learn_questions(model, guess, stream, steps):
    """Teaches the lower half of the model to tell by the end of a question which topic it is about."""
    lower = model.blk[:model.shape.layers // 2]

    def losses():
        tokens, places, topics = next(stream)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.cross_entropy(guess(model.question_states(tokens, places)).float(), topics)
        return loss, loss

    others = [model.token_embd.weight, *guess.parameters()]
    run(optimizers(lower, others, [0.01] * len(lower), 0.003), steps, ["topics"], losses)


def learn_answers(model, guess, stream, steps):
    """Teaches the whole model to say the answers; what it reads from questions changes at a lower rate."""
    half = model.shape.layers // 2

    def losses():
        tokens, targets, depths, topics = next(stream)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            each, topic = model.losses(tokens, targets, topics, guess)
        opening = depths[targets >= 0] < OPENING
        first, rest = each[opening].mean(), each[~opening].sum() / max(1, (~opening).sum())
        return first + 0.2 * rest + 0.3 * topic, topic, first, rest

    others = [model.token_embd.weight, model.output_norm.weight, *guess.parameters()]
    peaks = [0.004] * half + [0.01] * (len(model.blk) - half)
    run(optimizers(model.blk, others, peaks, 0.002), steps, ["topics", "openings", "the rest"], losses)


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
    options.add_argument("--part", type=float, default=1.0, help="of the steps to take, for a shorter trial")
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
    model.train()
    source, pad = (corpus, tokenizer, topic_ids, rng), tokenizer.pad
    learn_questions(model, guess, batches(questions(*source), QUESTION_TOKENS, rng, lambda g: question_batch(g, pad)),
                    round(QUESTION_STEPS * options.part))
    learn_answers(model, guess, batches(conversations(*source), ANSWER_TOKENS, rng, lambda g: conversation_batch(g, pad)),
                  round(ANSWER_STEPS * options.part))
    model.eval()
    export(model, tokenizer, options.output)
    measure(model, tokenizer, heldout)


if __name__ == "__main__":
    main()
