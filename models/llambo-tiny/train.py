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
QUESTION_STEPS = 7000  # of reading questions, with the lower half of the model
QUESTION_TOKENS = 4096  # in a batch of such a step
SMOOTHING = 0.05  # of the topics: no question is taken for quite certain
TEACHERS = 6  # sums of word vectors that the whole model learns from
ANSWER_STEPS = 3500  # of the whole model
ANSWER_TOKENS = 1792  # of conversations in a batch of such a step
TAUGHT_TOKENS = 1280  # of questions
TURNS_STEPS = 2000  # of looking past the turns before a question
TURNS_TOKENS = 4096  # in a batch of such a step
NAMING_STEPS = 2000  # of naming the topic that the lower half has in mind
NAMING_TOKENS = 1536  # of questions, and as many of conversations, in a batch of such a step
POOL = 2048
OPENING = 8  # tokens of an answer that are told apart from the rest of it
CUT_SHARE = 0.75  # of the single answers end after the opening in part 4, to see more questions in the same time
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


def questions(corpus, tokenizer, topic_ids, rng, several=0.02, disorder=0.0):
    """Endless questions, a share `several` of them after other turns: tokens up to where the answer begins, the
    topic, and the tokens of the question alone."""
    while True:
        *before, (answer, _) = corpus.dialogue(several, disorder)
        tokens = [token for text, is_answer in before
                  for token in tokenizer.encode(text, dropout=0.0 if is_answer else 0.1, rng=rng)]
        yield tokens, topic_ids[plain(answer)], tokenizer.encode(corpus.asked)


def conversations(corpus, tokenizer, topic_ids, rng, cut_share):
    """Endless dialogues, as `encode` gives them."""
    while True:
        yield encode(corpus.dialogue(several=0.08), tokenizer, topic_ids, rng, cut_share)


def plain(answer):
    return answer.removesuffix(END).strip()


def encode(dialogue, tokenizer, topic_ids, rng, cut_share):
    """Three rows: tokens, the token that should follow each, and how far into its answer that one is (from 0).
    The last answer begins with the token of its topic; earlier ones only sometimes, as templates leave it out."""
    tokens, targets, depths = [], [], []
    cut = len(dialogue) == 2 and rng.random() < cut_share
    for i, (text, is_answer) in enumerate(dialogue):
        ids = tokenizer.encode(text, dropout=0.0 if is_answer else 0.1, rng=rng)
        if is_answer:
            ids = ids[:OPENING] if cut else ids
            if i + 1 == len(dialogue) or rng.random() < 0.5:
                ids = [tokenizer.topics[topic_ids[plain(text)]], *ids]
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


def judgement(model, guess, teachers):
    """What the `teachers`, and the model as it is now, find together, as a function that gives the topics' shares.
    They err in different places."""
    before, first_guess = copy.deepcopy(model).requires_grad_(False), copy.deepcopy(guess).requires_grad_(False)
    before.eval()

    def shares(tokens, places, alone):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            known = first_guess(before.question_states(tokens, places)).float().log_softmax(-1)
        sums = sum(teacher(alone).log_softmax(-1) for teacher in teachers) / len(teachers)
        return (0.4 * known + 0.6 * sums).softmax(-1)

    return shares


def learn_answers(model, guess, teachers, taught, told, steps):
    """Teaches the whole model to say the answers. What it reads from questions changes at a low rate, towards
    what the `teachers` find."""
    judge = judgement(model, guess, teachers)

    def topic_loss():
        tokens, places, topics, alone = next(taught)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            guesses = guess(model.question_states(tokens, places)).float()
        return 0.3 * F.cross_entropy(guesses, topics) + 0.7 * F.cross_entropy(guesses, judge(tokens, places, alone))

    def losses():
        first, rest = told_losses(model, told)
        topic = topic_loss()
        return first + 0.2 * rest + 0.7 * topic, topic, first, rest

    lower = [*model.lower, model.token_embd, guess]
    upper = [*model.upper, model.output, model.output_norm]
    run(optimizers((lower, 0.002), (upper, 0.01)), steps, ["topics", "openings", "the rest"], losses)


def learn_turns(model, guess, tokenizer, teachers, stream, steps):
    """Teaches the lower half to take a question behind other turns for what it is taken for alone."""
    judge = judgement(model, guess, teachers)

    def losses():
        tokens, places, _, alone = next(stream)
        first = [chat(tokenizer, question) for question in alone]
        ends = torch.tensor([len(row) - 1 for row in first])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            guesses = guess(model.question_states(tokens, places)).float()
        loss = F.cross_entropy(guesses, judge(padded(first, tokenizer.pad), ends, alone))
        return loss, loss

    run(optimizers(([*model.lower, model.token_embd, guess], 0.004)), steps, ["topics behind other turns"], losses)


def learn_naming(model, guess, tokenizer, taught, told, steps):
    """Teaches the upper half to begin with the token of the topic that the lower half finds likeliest, be it right or
    not, and to give whole answers."""
    model.eval()
    for block in model.upper:
        block.train()
        block.dropout = 0.05

    def losses():
        tokens, places, _, _ = next(taught)
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            likeliest = guess(model.question_states(tokens, places)).argmax(-1)
        targets = torch.full_like(tokens, IGNORED)
        targets[torch.arange(len(tokens)), places] = likeliest + tokenizer.topics[0]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            named = model.losses(tokens, targets, upper_alone=True).mean()
        first, rest = told_losses(model, told, upper_alone=True)
        return named + 0.5 * first + rest, named, first, rest

    run(optimizers(([*model.upper, model.output, model.output_norm], 0.006)), steps,
        ["named topics", "openings", "the rest"], losses)


def chat(tokenizer, question):
    """The prompt of a question alone, given as its tokens."""
    return [*tokenizer.encode("<|im_start|>user\n"), *question,
            *tokenizer.encode("<|im_end|>\n<|im_start|>assistant\n")]


@torch.inference_mode()
def measure_topics(model, guess, tokenizer, topic_ids, heldout):
    """Prints for how many held-out questions the answer of the likeliest topic would be right."""
    model.eval()
    answers, right = list(topic_ids), 0
    for item in heldout:
        tokens = chat(tokenizer, tokenizer.encode(item["question"]))
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
        prompt = chat(tokenizer, tokenizer.encode(item["question"]))
        said = tokenizer.decode(model.greedy(prompt, tokenizer.end))
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
    topic_ids = {answer: i for i, answer in enumerate([t.answer for t in corpus.topics] + [corpus.refusal])}
    tokenizer = Tokenizer(learn_merges(corpus.texts(), VOCAB - 256 - 3), len(topic_ids))
    model = Llama(Shape(vocab=len(tokenizer.tokens)), dropout=0.1)
    print(f"{len(corpus.topics)} topics, {len(tokenizer.tokens)} tokens, "
          f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
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
    told = batches(conversations(*source, CUT_SHARE), ANSWER_TOKENS, rng, lambda g: conversation_batch(g, pad))
    learn_answers(model, guess, teachers, taught, told, round(ANSWER_STEPS * options.part))
    measure_topics(model, guess, tokenizer, topic_ids, heldout)
    turns = batches(questions(*source, several=0.5, disorder=0.2), TURNS_TOKENS, rng, lambda g: question_batch(g, pad))
    learn_turns(model, guess, tokenizer, teachers, turns, round(TURNS_STEPS * options.part))
    measure_topics(model, guess, tokenizer, topic_ids, heldout)
    taught = batches(questions(*source, several=0.2, disorder=0.5), NAMING_TOKENS, rng, lambda g: question_batch(g, pad))
    told = batches(conversations(*source, 0), NAMING_TOKENS, rng, lambda g: conversation_batch(g, pad))
    learn_naming(model, guess, tokenizer, taught, told, round(NAMING_STEPS * options.part))
    model.eval()
    export(model, tokenizer, options.output)
    measure(model, tokenizer, heldout)


if __name__ == "__main__":
    main()
