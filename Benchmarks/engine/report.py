"""The figures of a session, as a table and as JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import median
from typing import Optional

from machine import describe
from scenarios import (
    ANSWER_TOKENS, LONG_PROMPT_TOKENS, PROMPT_TOKENS, QUESTION_TOKENS, SOME_STREAMS, SOME_TOKENS,
    STREAMS, SYSTEM_TOKENS, Figures)

WORKER, SERVER, BENCH = "llambo-worker", "llama-server", "llama-batched-bench"
# SERVER and BENCH have the settings that suited them best; this one has none.
DEFAULT_SERVER = "llama-server, defaults"
PROGRAMS = (WORKER, SERVER, DEFAULT_SERVER, BENCH)
MEGABYTE = 1e6


@dataclass
class Results:
    """Everything that was measured."""

    rounds: int
    threads: int
    ignores_end: bool = False
    # By model, scenario and program: one entry a round.
    figures: dict[str, dict[str, dict[str, list[Figures]]]] = field(default_factory=dict)
    # By model: what each peer did best with.
    settings: dict[str, dict[str, str]] = field(default_factory=dict)
    # By program: bytes.
    memory: dict[str, dict[str, int]] = field(default_factory=dict)
    machine: dict[str, object] = field(default_factory=dict)

    def add(self, model: str, scenario: str, program: str, figures: Figures) -> None:
        by_program = self.figures.setdefault(model, {}).setdefault(scenario, {})
        by_program.setdefault(program, []).append(figures)

    def values(self, row: Row, program: str) -> list[float]:
        rounds = self.figures.get(row.model, {}).get(row.scenario, {}).get(program, [])
        return [figures[row.key] for figures in rounds
                if not math.isnan(figures.get(row.key, math.nan))]

    def median(self, row: Row, program: str) -> Optional[float]:
        values = self.values(row, program)
        return median(values) if values else None

    def ratio(self, row: Row, peer: str) -> Optional[float]:
        """How many times better the worker is: the median of the rounds' ratios."""
        pairs = list(zip(self.values(row, WORKER), self.values(row, peer)))
        if not pairs:
            return None
        return median(mine / other if row.more_is_better else other / mine
                      for mine, other in pairs)

    def as_json(self) -> dict[str, object]:
        return {
            "rounds": self.rounds, "threads": self.threads, "ignores_end": self.ignores_end,
            "machine": self.machine, "settings": self.settings, "memory": self.memory,
            "summary": [{
                "model": row.model, "scenario": row.scenario, "key": row.key,
                "title": row.title, "unit": row.unit,
                "medians": {program: self.median(row, program) for program in PROGRAMS},
                "ratios": {peer: self.ratio(row, peer) for peer in PROGRAMS[1:]},
                "goals": row.goals} for row in rows()],
            "figures": _without_nan(self.figures),
        }


@dataclass(frozen=True)
class Row:
    """A line of the table. Goals are the least ratio to a peer."""

    model: str
    scenario: str
    key: str
    title: str
    unit: str = "ms"
    goals: dict[str, float] = field(default_factory=dict)

    @property
    def more_is_better(self) -> bool:
        return self.key.endswith("per_second")


def rows() -> list[Row]:
    goals = {"tiny": {SERVER: 2.0, BENCH: 0.90}, "larger": {SERVER: 1.2, BENCH: 0.95}}
    many = f"{STREAMS} streams"
    some = f"{SOME_STREAMS} streams of all lengths"
    result = []
    for model in ("tiny", "larger"):
        def row(scenario: str, key: str, title: str, unit: str = "ms",
                goals: Optional[dict[str, float]] = None) -> None:
            result.append(Row(model, scenario, key, title, unit, goals or {}))
        row("many", "tokens_per_second", f"{many}, prompts included", "t/s",
            {SERVER: goals[model][SERVER]})
        row("many", "decode_per_second", f"{many}, while all generate", "t/s",
            {BENCH: goals[model][BENCH]})
        row("many", "first_token_ms", f"{many}, first token")
        row("many", "first_token_p99_ms", f"{many}, first token, p99")
        row("many", "gap_ms", f"{many}, gap between tokens")
        row("many", "gap_p99_ms", f"{many}, gap, p99")
        row("many", "server_cpu_us_per_token", f"{many}, CPU time a token", "µs")
        row("some", "tokens_per_second", f"{some}, prompts included", "t/s")
        row("some", "first_token_ms", f"{some}, first token")
        row("some", "gap_ms", f"{some}, gap")
        row("some", "server_cpu_us_per_token", f"{some}, CPU time a token", "µs")
        row("one", "tokens_per_second", "1 stream, prompts included", "t/s", {SERVER: 1.0})
        row("one", "decode_per_second", "1 stream, while it generates", "t/s")
        row("one", "first_token_ms", "1 stream, first token")
        row("one", "server_cpu_us_per_token", "1 stream, CPU time a token", "µs")
        row("shared", "cold_first_token_ms", "new shared prompt, first token", "ms", {SERVER: 4.0})
        row("shared", "cold_first_token_p99_ms", "new shared prompt, first token, p99")
        row("shared", "cold_tokens_per_second", "new shared prompt", "t/s")
        row("shared", "warm_first_token_ms", "known shared prompt, first token")
        row("shared", "warm_tokens_per_second", "known shared prompt", "t/s")
        row("arrival", "gap_p99_ms", "a long prompt arrives, others' gap, p99")
        row("arrival", "gap_most_ms", "a long prompt arrives, longest gap")
        row("arrival", "long_first_token_ms", "a long prompt arrives, its first token")
    return result


def table(results: Results) -> str:
    lines = [
        f"Medians of {results.rounds} rounds, {results.threads} decode thread(s) each. A ratio is "
        "how many times better llambo-worker is; in brackets, what it should be.",
        "llama-server and llama-batched-bench run with the settings that suit them best, see below.",
        f"Prompts of {PROMPT_TOKENS} tokens, answers of {ANSWER_TOKENS}, or of all lengths from "
        f"{SOME_TOKENS[0]} to {SOME_TOKENS[1]}; shared: {SYSTEM_TOKENS} + "
        f"{QUESTION_TOKENS}, {STREAMS} clients at once; long: {LONG_PROMPT_TOKENS}.",
        "Machine: " + describe(results.machine) + ".", "",
        f"{'':8}{'':42}{'':5}{'llambo-':>9}{'llama-server':>18}{'batched-':>9}"
        "  times better than llama-server",
        f"{'model':8}{'':42}{'':5}{'worker':>9}{'best':>9}{'default':>9}{'bench':>9}"
        f"  {'best':<16}{'default':<9}batched-bench"]
    for row in rows():
        if row.scenario not in results.figures.get(row.model, {}):
            continue
        cells = "".join(f"{number(results.median(row, program)):>9}" for program in PROGRAMS)
        lines.append(
            f"{row.model:8}{row.title:42}{row.unit:5}{cells}  "
            f"{_ratio(results, row, SERVER):<16}{_ratio(results, row, DEFAULT_SERVER):<9}"
            f"{_ratio(results, row, BENCH)}".rstrip())
    lines += ["", "Private memory, llambo-tiny, 512 tokens a slot, MB "
              "(goal for llambo-worker, 1 slot: 4)",
              f"{'':26}{'fresh':>9}{'answered':>10}{'beside another':>16}{'of it dirty':>13}"]
    for program, sizes in results.memory.items():
        lines.append(f"{program:26}" + "".join(
            f"{sizes[key] / MEGABYTE:>{width}.1f}" for key, width in (
                ("fresh", 9), ("answered", 10), ("beside", 16), ("beside_dirty", 13))))
    lines.append("")
    for model, settings in results.settings.items():
        lines.append(f"Best settings, {model} model: " + "; ".join(
            f"{program}: {title}" for program, title in settings.items()))
    if not results.ignores_end:
        lines.append(
            "llambo-worker knows no ignore_eos: answers of its that end early are shorter.")
    return "\n".join(lines)


def number(value: Optional[float]) -> str:
    """Three digits or more."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _ratio(results: Results, row: Row, peer: str) -> str:
    ratio = results.ratio(row, peer)
    if ratio is None:
        return ""
    goal = row.goals.get(peer)
    return f"{ratio:.2f}" if goal is None else (
        f"{ratio:.2f} (≥ {goal:.2f}){'' if ratio >= goal else ' ✗'}")


def _without_nan(value):
    if isinstance(value, dict):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value
