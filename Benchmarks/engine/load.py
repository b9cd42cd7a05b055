"""What is asked of a server, and what the client's times say."""

from __future__ import annotations

import json
import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from gguf import read_metadata
from programs import Server

CLIENT_SECONDS_MAX = 600


@dataclass(frozen=True)
class Ask:
    """A request. It waits until `after` tokens have come, of all streams together."""

    stream: int
    prompt: str
    tokens: int
    after: int = 0


@dataclass(frozen=True)
class Answer:
    """Times in seconds since the first request was sent."""

    stream: int
    sent: float
    done: float
    # The server's count; a token that ends inside a character has no arrival of its own.
    tokens: int
    arrivals: list[float]

    @property
    def first_token(self) -> float:
        return self.arrivals[0] - self.sent

    @property
    def gaps(self) -> list[float]:
        return [after - before for before, after in zip(self.arrivals, self.arrivals[1:])]


@dataclass(frozen=True)
class Load:
    """What one run of the client saw."""

    answers: list[Answer]
    client_cpu: float
    server_cpu: float

    @property
    def tokens(self) -> int:
        return sum(answer.tokens for answer in self.answers)

    @property
    def seconds(self) -> float:
        return max(answer.arrivals[-1] for answer in self.answers)

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds


class Words:
    """Prompts of an exact length, all different: words that are one token each."""

    def __init__(self, model: Path, seed: int) -> None:
        tokens = read_metadata(model)["tokenizer.ggml.tokens"].value
        # How byte-level vocabularies write a space.
        self._words = [
            f" {token[1:]}" for token in tokens
            if len(token) >= 4 and token[0] == "Ġ" and token[1:].isascii() and token[1:].isalpha()]
        self._random = random.Random(seed)

    def prompt(self, tokens: int) -> str:
        return "".join(self._random.choices(self._words, k=tokens))


@dataclass
class Client:
    """The load client, and whether the worker can be told to go on after an end token."""

    program: Path
    ignores_end: bool = field(default=False)

    def run(self, server: Server, asks: list[Ask]) -> Load:
        streams = 1 + max(ask.stream for ask in asks)
        plan = "".join(
            f"{ask.stream} {ask.after} {self._body(server, ask)}\n" for ask in asks)
        before = server.cpu_seconds()
        done = subprocess.run(
            [str(self.program), server.protocol, str(server.port), str(streams)],
            input=plan, capture_output=True, text=True, timeout=CLIENT_SECONDS_MAX)
        if done.returncode != 0:
            raise RuntimeError(f"{Path(server.command[0]).name}: {done.stderr.strip()}")
        server_cpu = server.cpu_seconds() - before
        *lines, last = done.stdout.splitlines()
        return Load(
            [_answer(line) for line in lines], int(last.removeprefix("cpu ")) / 1e6, server_cpu)

    def _body(self, server: Server, ask: Ask) -> str:
        if server.protocol == "http":
            body = {
                "prompt": ask.prompt, "n_predict": ask.tokens, "temperature": 0, "stream": True,
                "ignore_eos": True}
        else:
            body = {"prompt": ask.prompt, "max_tokens": ask.tokens, "temperature": 0}
            if self.ignores_end:
                body["ignore_eos"] = True
        return json.dumps(body)


def _answer(line: str) -> Answer:
    stream, sent, done, tokens, *times = line.split(" ")
    arrivals = [int(time) / 1e6 for time in times[0].split(",")] if times[0] else []
    # A model may end its answer at once; its end then counts as the arrival.
    return Answer(int(stream), int(sent) / 1e6, int(done) / 1e6, int(tokens),
                  arrivals or [int(done) / 1e6])
