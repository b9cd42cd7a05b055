"""Trains Llambo Tiny from nothing, writes it as GGUF and measures it on the held-out questions."""

from pathlib import Path
import argparse
import copy
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
from model import Block, Llama, Shape
from start import learn_word_sum
from tokenizer import END, Tokenizer, learn_merges

SEED = 20240917
VOCAB = 2560
QUESTION_STEPS = 6000  # of reading questions, with the lower half of the model
QUESTION_TOKENS = 4096  # in a batch of such a step
SMOOTHING = 0.05  # of the topics: no question is taken for quite certain
TEACHERS = 3  # sums of word vectors that the whole model learns from
ANSWER_STEPS = 3500  # of the whole model
ANSWER_TOKENS = 1792  # of conversations in a batch of such a step
TAUGHT_TOKENS = 1280  # of questions
OPENING_STEPS = 600  # of opening the answer that the lower half has in mind
OPENING_TOKENS = 1536  # of questions, and as many of conversations, in a batch of such a step
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


def questions(corpus, tokenizer, topic_ids, rng, disorder=0.0):
    """Endless questions, a few of them after other turns: tokens up to where the answer begins, the topic,
    and the tokens of the question alone."""
    while True:
        *before, (answer, _) = corpus.dialogue(several=0.02, disorder=disorder)
        tokens = [token for text, is_answer in before
                  for token in tokenizer.encode(text, dropout=0.0 if is_answer else 0.1, rng=rng)]
        yield tokens, topic_ids[plain(answer)], tokenizer.encode(corpus.asked)


def conversations(corpus, tokenizer, rng):
    """Endless dialogues, as `encode` gives them."""
    while True:
        yield encode(corpus.dialogue(several=0.08), tokenizer, rng)


def plain(answer):
    return answer.removesuffix(END).strip()


def encode(dialogue, tokenizer, rng):
    """Three rows: tokens, the token that should follow each, and how far into its answer that one is (from 0)."""
    tokens, targets, depths = [], [], []
    cut = len(dialogue) == 2 and rng.random() < CUT_SHARE
    for text, is_answer in dialogue:
        ids = tokenizer.encode(text, dropout=0.0 if is_answer else 0.1, rng=rng)
        if is_answer and cut:
            ids = ids[:OPENING]
        tokens += ids
        targets += ids if is_answer else [IGNORED] * len(ids)
        depths += range(len(ids))
    return tokens[:-1], targets[1:], depths[1:]


def padded(rows, filler):
    length = max(map(len, rows))
    return torch.tensor([row + [filler] * (length - len(row)) for row in rows])


def question_batch(group, pad):
    tokens, topics, alone = zip(*group)
    return padded(tokens, pad), torch.tensor([len(row) - 1 for row in tokens]), torch.tensor(topics), alone


def conversation_batch(group, pad):
    return [padded(rows, filler) for rows, filler in zip(zip(*group), (pad, IGNORED, 0))]


def optimizers(*parts):
    """Of each part, which is a list of modules and the peak of its rate: Muon for the matrices of blocks,
    AdamW for the other parameters."""
    matrices, others = [], []
    for modules, peak in parts:
        for module in modules:
            block = isinstance(module, Block)
            for p in module.parameters():
                part, share = (matrices, 1) if block and p.ndim == 2 else (others, 0.3)
                part.append({"params": [p], "lr": share * peak})
    return [
        torch.optim.Muon(matrices, lr=0.0, weight_decay=0.05, momentum=0.95),
        torch.optim.AdamW(others, lr=0.0, weight_decay=0.01, betas=(0.9, 0.98)),
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
    def losses():
        tokens, places, topics, _ = next(stream)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            guesses = guess(model.question_states(tokens, places)).float()
        loss = F.cross_entropy(guesses, topics, label_smoothing=SMOOTHING)
        return loss, loss

    run(optimizers(([*model.lower, model.token_embd, guess], 0.01)), steps, ["topics"], losses)


def told_losses(model, told, upper_alone=False):
    """Mean loss of the openings of answers, and of what follows them, in the next batch of conversations."""
    tokens, targets, depths = next(told)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        each = model.losses(tokens, targets, upper_alone)
    opening = depths[targets >= 0] < OPENING
    return each[opening].mean(), each[~opening].sum() / max(1, (~opening).sum())


def learn_answers(model, guess, teachers, taught, told, steps):
    """Teaches the whole model to say the answers. What it reads from questions changes at a low rate, towards
    what the `teachers`, and the model as it came, find together: they err in different places."""
    before, first_guess = copy.deepcopy(model).requires_grad_(False), copy.deepcopy(guess).requires_grad_(False)
    before.eval()

    def topic_loss():
        tokens, places, topics, alone = next(taught)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            guesses = guess(model.question_states(tokens, places)).float()
            known = first_guess(before.question_states(tokens, places)).float().log_softmax(-1)
        sums = sum(teacher(alone).log_softmax(-1) for teacher in teachers) / len(teachers)
        wanted = (0.4 * known + 0.6 * sums).softmax(-1)
        return 0.3 * F.cross_entropy(guesses, topics) + 0.7 * F.cross_entropy(guesses, wanted)

    def losses():
        first, rest = told_losses(model, told)
        topic = topic_loss()
        return first + 0.2 * rest + 0.7 * topic, topic, first, rest

    lower = [*model.lower, model.token_embd, guess]
    upper = [*model.upper, model.output, model.output_norm]
    run(optimizers((lower, 0.002), (upper, 0.01)), steps, ["topics", "openings", "the rest"], losses)


def learn_openings(model, guess, tokenizer, answers, taught, told, steps):
    """Teaches the upper half to open the answer of the topic that the lower half finds likeliest, be it right or not.
    Else a question that the lower half is unsure of gets an answer that fits neither of its topics."""
    model.eval()
    for block in model.upper:
        block.train()
        block.dropout = 0.05
    openings = [[tokenizer.encode(space + answer + END)[:OPENING] for space in ("", " ")] for answer in answers]
    after_space = [token[-1] in "ĠĊ" for token in tokenizer.tokens]

    def losses():
        tokens, places, _, _ = next(taught)
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            likeliest = guess(model.question_states(tokens, places)).argmax(-1)
        rows, targets = [], []
        for row, place, topic in zip(tokens.tolist(), places.tolist(), likeliest.tolist()):
            opening = openings[topic][0 if after_space[row[place]] else 1]
            rows.append(row[:place + 1] + opening[:-1])
            targets.append([IGNORED] * place + opening)
        rows, targets = padded(rows, tokenizer.pad), padded(targets, IGNORED)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            meant = model.losses(rows, targets, upper_alone=True).mean()
        first, rest = told_losses(model, told, upper_alone=True)
        return meant + 0.5 * first + 0.3 * rest, meant, first, rest

    run(optimizers(([*model.upper, model.output, model.output_norm], 0.006)), steps,
        ["meant openings", "openings", "the rest"], losses)


def chat(tokenizer, question):
    return tokenizer.encode(f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n")


@torch.inference_mode()
def measure_topics(model, guess, tokenizer, topic_ids, heldout):
    """Prints for how many held-out questions the answer of the likeliest topic would be right."""
    model.eval()
    answers, right = list(topic_ids), 0
    for item in heldout:
        tokens = chat(tokenizer, item["question"])
        state = model.question_states(torch.tensor([tokens]), torch.tensor([len(tokens) - 1]))
        right += is_on_topic(answers[int(guess(state).argmax())], item["keywords"])
    print(f"held out: topic known of {right} of {len(heldout)} ({right / len(heldout):.1%})", flush=True)
    model.train()


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
        said = tokenizer.decode(model.greedy(chat(tokenizer, item["question"]), tokenizer.end))
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
    model = Llama(Shape(vocab=len(tokenizer.tokens)), dropout=0.1)
    print(f"{len(corpus.topics)} topics, {len(tokenizer.tokens)} tokens, "
          f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    topic_ids = {answer: i for i, answer in enumerate([t.answer for t in corpus.topics] + [corpus.refusal])}
    source, pad = (corpus, tokenizer, topic_ids, rng), tokenizer.pad
    first = learn_word_sum(corpus, tokenizer, topic_ids, model.shape.width, rng)
    model.token_embd.weight.data.copy_(first.start_vectors())
    guess = torch.nn.Linear(model.shape.width, len(topic_ids))
    model.train()
    asked = batches(questions(*source), QUESTION_TOKENS, rng, lambda g: question_batch(g, pad))
    learn_questions(model, guess, asked, round(QUESTION_STEPS * options.part))
    measure_topics(model, guess, tokenizer, topic_ids, heldout)
    teachers = [learn_word_sum(corpus, tokenizer, topic_ids, model.shape.width, rng) for _ in range(TEACHERS)]
    taught = batches(questions(*source, disorder=0.4), TAUGHT_TOKENS, rng, lambda g: question_batch(g, pad))
    told = batches(conversations(corpus, tokenizer, rng), ANSWER_TOKENS, rng, lambda g: conversation_batch(g, pad))
    learn_answers(model, guess, teachers, taught, told, round(ANSWER_STEPS * options.part))
    measure_topics(model, guess, tokenizer, topic_ids, heldout)
    taught = batches(questions(*source, disorder=0.5), OPENING_TOKENS, rng, lambda g: question_batch(g, pad))
    told = batches(conversations(corpus, tokenizer, rng), OPENING_TOKENS, rng, lambda g: conversation_batch(g, pad))
    learn_openings(model, guess, tokenizer, list(topic_ids), taught, told, round(OPENING_STEPS * options.part))
    model.eval()
    export(model, tokenizer, options.output)
    measure(model, tokenizer, heldout)


if __name__ == "__main__":
    main()
