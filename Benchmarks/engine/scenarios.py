"""What is measured: each scenario loads one server once and gives its figures for that round."""

from __future__ import annotations

import math
from statistics import median
from typing import Callable, Sequence

from load import Answer, Ask, Client, Load, Words
from programs import Server

Figures = dict[str, float]

STREAMS = 16
PROMPT_TOKENS = 32
ANSWER_TOKENS = 64
SOME_STREAMS = STREAMS // 2
SOME_TOKENS = (32, 96)
SYSTEM_TOKENS = 512
QUESTION_TOKENS = 16
LONG_PROMPT_TOKENS = 1000
RUNNING_TOKENS = 192


class Scenarios:
    """The scenarios over one model; every prompt is used once a server and round."""

    def __init__(
        self, client: Client, words: Words, asks_per_stream: int, names: list[str]
    ) -> None:
        self._client = client
        self._words = words
        self._asks_per_stream = asks_per_stream
        self.by_name: dict[str, Callable[[Server], Figures]] = {
            name: getattr(self, name) for name in names}

    def one(self, server: Server) -> Figures:
        """One stream."""
        return self._streams(server, 1, 2 * self._asks_per_stream, [ANSWER_TOKENS])

    def many(self, server: Server) -> Figures:
        """As many streams as there are slots, each with one request after the other."""
        return self._streams(server, STREAMS, self._asks_per_stream, [ANSWER_TOKENS])

    def some(self, server: Server) -> Figures:
        """Half as many streams as there are slots, whose answers have all lengths."""
        return self._streams(
            server, SOME_STREAMS, 4 * self._asks_per_stream, range(SOME_TOKENS[0], SOME_TOKENS[1] + 1))

    def _streams(
        self, server: Server, streams: int, asks: int, lengths: Sequence[int]
    ) -> Figures:
        load = self._client.run(server, [
            # A step that goes through all lengths before it repeats one.
            Ask(stream, self._words.prompt(PROMPT_TOKENS),
                lengths[(ask * streams + stream) * 23 % len(lengths)])
            for ask in range(asks) for stream in range(streams)])
        gaps = [gap for answer in load.answers for gap in answer.gaps]
        first = [answer.first_token for answer in load.answers]
        return {
            "tokens_per_second": load.tokens_per_second,
            "decode_per_second": decode_rate(load, streams),
            "first_token_ms": 1e3 * median(first),
            "first_token_p99_ms": 1e3 * percentile(first, 99),
            "gap_ms": 1e3 * median(gaps),
            "gap_p99_ms": 1e3 * percentile(gaps, 99),
            "server_cpu_us_per_token": 1e6 * load.server_cpu / load.tokens,
            "client_cpu_us_per_token": 1e6 * load.client_cpu / load.tokens,
        }

    def shared(self, server: Server) -> Figures:
        """A system prompt that the server never saw, sent by all clients at once; then again."""
        system = self._words.prompt(SYSTEM_TOKENS)
        figures = {}
        for name in ("cold", "warm"):
            load = self._client.run(server, [
                Ask(stream, system + self._words.prompt(QUESTION_TOKENS), ANSWER_TOKENS)
                for stream in range(STREAMS)])
            first = [answer.first_token for answer in load.answers]
            figures[f"{name}_first_token_ms"] = 1e3 * median(first)
            figures[f"{name}_first_token_p99_ms"] = 1e3 * percentile(first, 99)
            figures[f"{name}_tokens_per_second"] = load.tokens_per_second
        return figures

    def arrival(self, server: Server) -> Figures:
        """All slots but one generate; then a long prompt arrives."""
        running = STREAMS - 1
        load = self._client.run(server, [
            *(Ask(stream, self._words.prompt(PROMPT_TOKENS), RUNNING_TOKENS)
              for stream in range(running)),
            Ask(running, self._words.prompt(LONG_PROMPT_TOKENS), ANSWER_TOKENS,
                after=running * PROMPT_TOKENS)])
        *others, long = load.answers
        gaps = [gap for answer in others for gap in gaps_between(
            answer, long.sent, long.arrivals[0])]
        return {
            "gap_p99_ms": 1e3 * percentile(gaps, 99) if gaps else math.nan,
            "gap_most_ms": 1e3 * max(gaps, default=math.nan),
            "long_first_token_ms": 1e3 * long.first_token,
        }


def decode_rate(load: Load, streams: int) -> float:
    """Tokens a second while every stream generates: from the last first token of the streams'
    n-th requests to the first last one."""
    by_stream: list[list[Answer]] = [[] for _ in range(streams)]
    for answer in load.answers:
        by_stream[answer.stream].append(answer)
    tokens, seconds = 0.0, 0.0
    for wave in zip(*by_stream):
        start = max(answer.arrivals[0] for answer in wave)
        end = min(answer.arrivals[-1] for answer in wave)
        if end <= start:
            continue
        for answer in wave:
            inside = sum(start < time <= end for time in answer.arrivals)
            tokens += inside * answer.tokens / len(answer.arrivals)
        seconds += end - start
    return tokens / seconds if seconds else math.nan


def gaps_between(answer: Answer, start: float, end: float) -> list[float]:
    """The gaps between tokens that overlap with the time from `start` to `end`."""
    return [after - before for before, after in zip(answer.arrivals, answer.arrivals[1:])
            if after > start and before < end]


def percentile(values: list[float], percent: float) -> float:
    """The nearest-rank percentile."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


# What a setting is chosen by, and whether more of it is better.
DECIDING: dict[str, tuple[str, bool]] = {
    "one": ("tokens_per_second", True), "many": ("tokens_per_second", True),
    "some": ("tokens_per_second", True), "shared": ("cold_first_token_ms", False), "arrival": ("gap_p99_ms", False)}


def better(scenario: str, figures: list[Figures], than: list[Figures]) -> bool:
    """Whether a setting's rounds beat those of another one."""
    key, more = DECIDING[scenario]
    mine, other = (median(round_[key] for round_ in rounds) for rounds in (figures, than))
    return mine > other if more else mine < other
