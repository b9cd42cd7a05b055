"""Runs llambo-worker, llama-server and llama-batched-bench in turn and compares them."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from chart import draw
from gguf import write_random_model
from load import Ask, Client, Words
from machine import Machine
from programs import LlamaServer, Server, Setting, Worker, batched_bench
from report import BENCH, DEFAULT_SERVER, SERVER, WORKER, Results, table
from scenarios import (
    ANSWER_TOKENS, DECIDING, PROMPT_TOKENS, STREAMS, Figures, Scenarios, better)

SEED = 20240601
CONTEXT = 1280
DEFAULTS = "defaults"
Q8_0_CELLS = ["--cache-type-k", "q8_0", "--cache-type-v", "q8_0"]
# What could suit the peers better than their defaults.
SERVER_SETTINGS: dict[str, list[str]] = {
    DEFAULTS: [],
    "unified cells": ["--kv-unified"],
    "no prompts in RAM": ["--cache-ram", "0"],
    "cells in Q8_0, no prompts in RAM": [*Q8_0_CELLS, "--cache-ram", "0"],
}
BENCH_SETTINGS: dict[str, list[str]] = {
    DEFAULTS: [], "unified cells": ["--kv-unified"], "cells in Q8_0": Q8_0_CELLS}
TUNING_ROUNDS = 2


def main() -> None:
    options = parse_options()
    machine = Machine()
    results = Results(rounds=options.rounds, threads=options.threads)
    with tempfile.TemporaryDirectory(prefix="llambo-bench-") as folder:
        bench = Bench(options, results, Path(folder))
        tiny = options.root / "models/llambo-tiny/Q8_0/llambo-tiny-q8_0.gguf"
        bench.measure_memory(tiny)
        if options.model in ("tiny", "both"):
            bench.measure("tiny", tiny)
        if options.model in ("larger", "both"):
            bench.measure("larger", larger_model(options.cache, tiny))
    results.machine = machine.report()
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps(results.as_json(), indent=1, allow_nan=False) + "\n")
    if options.svg:
        options.svg.write_text(draw(results))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Benchmarks/engine/run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds of everything (default: 7)")
    parser.add_argument("--threads", type=int, default=1, help="decode threads (default: 1)")
    parser.add_argument("--model", choices=("tiny", "larger", "both"), default="both")
    parser.add_argument(
        "--scenarios", nargs="+", choices=tuple(DECIDING), default=tuple(DECIDING))
    parser.add_argument("--quick", action="store_true", help="2 short rounds, to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write a chart there")
    # What `run` fills in.
    for name in ("worker", "peers", "client", "cache", "root"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.rounds = 2
    if options.rounds < 1:
        parser.error("at least one round")
    return options


def larger_model(cache: Path, tiny: Path) -> Path:
    path = cache / f"bench-random-{SEED}.gguf"
    if not path.exists() or path.stat().st_mtime < tiny.stat().st_mtime:
        write_random_model(path, vocabulary_of=tiny, seed=SEED)
    return path


def progress(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


class Bench:
    """One session."""

    def __init__(self, options: argparse.Namespace, results: Results, folder: Path) -> None:
        self._options = options
        self._results = results
        self._folder = folder
        self._client = Client(options.client)
        self._asks = 1 if options.quick else 3

    def measure(self, name: str, model: Path) -> None:
        setting = Setting(model, STREAMS, CONTEXT, self._options.threads)
        with ExitStack() as stack:
            worker = Worker(self._options.worker, setting, self._folder / f"{name}-worker.log")
            stack.callback(worker.stop)
            words = Words(model, SEED)
            counted = worker.count_tokens(words.prompt(100))
            if counted != 100:
                raise RuntimeError(f"100 words are {counted} tokens")
            self._client.ignores_end = worker.knows("ignore_eos")
            self._results.ignores_end = self._client.ignores_end
            scenarios = Scenarios(
                self._client, words, self._asks, self._options.scenarios)
            servers = self._start_servers(name, setting, stack)
            best = self._best_servers(name, scenarios, servers)
            bench_options = self._best_bench_options(name, setting)
            for number in range(self._options.rounds):
                progress(f"{name} model: round {number + 1} of {self._options.rounds}")
                self._round(name, scenarios, worker, servers, best, reverse=number % 2 == 1)
                self._batched_bench(name, setting, bench_options)

    def _round(
        self, name: str, scenarios: Scenarios, worker: Server, servers: dict[str, Server],
        best: dict[str, str], reverse: bool
    ) -> None:
        """Every other round goes backwards, so that none always runs in another one's wake."""
        for scenario, run in scenarios.by_name.items():
            turns = [
                (WORKER, worker), (SERVER, servers[best[scenario]]),
                (DEFAULT_SERVER, servers[DEFAULTS])]
            figures: dict[int, Figures] = {}
            for program, server in reversed(turns) if reverse else turns:
                if server.pid not in figures:
                    figures[server.pid] = run(server)
                self._results.add(name, scenario, program, figures[server.pid])

    def _batched_bench(self, name: str, setting: Setting, options: dict[int, list[str]]) -> None:
        for streams, scenario in ((1, "one"), (STREAMS, "many")):
            if scenario not in self._options.scenarios:
                continue
            self._results.add(
                name, scenario, BENCH, self._bench_figures(setting, options[streams], streams))

    def _bench_figures(self, setting: Setting, options: list[str], streams: int) -> Figures:
        rows = batched_bench(
            self._options.peers / BENCH, setting, options, PROMPT_TOKENS,
            ANSWER_TOKENS, [streams] * 3)
        return {
            "decode_per_second": median(row["speed_tg"] for row in rows),
            "tokens_per_second": median(streams * ANSWER_TOKENS / row["t"] for row in rows)}

    def _start_servers(
        self, name: str, setting: Setting, stack: ExitStack
    ) -> dict[str, Server]:
        """llama-server once with each setting."""
        servers: dict[str, Server] = {}
        for title, options in SERVER_SETTINGS.items():
            servers[title] = LlamaServer(
                self._options.peers / SERVER, setting, options,
                self._folder / f"{name}-{title}.log")
            stack.callback(servers[title].stop)
            if self._options.quick:
                break
        return servers

    def _best_servers(
        self, name: str, scenarios: Scenarios, servers: dict[str, Server]
    ) -> dict[str, str]:
        """The setting of llama-server that suits each scenario best."""
        best = dict.fromkeys(scenarios.by_name, DEFAULTS)
        if len(servers) > 1:
            progress(f"{name} model: looking for llama-server's best settings")
            for scenario, run in scenarios.by_name.items():
                figures: dict[str, list[Figures]] = {title: [] for title in servers}
                for _ in range(TUNING_ROUNDS):
                    for title, server in servers.items():
                        figures[title].append(run(server))
                for title in servers:
                    if better(scenario, figures[title], than=figures[best[scenario]]):
                        best[scenario] = title
        self._results.settings[name] = {f"{SERVER}, {key}": title for key, title in best.items()}
        return best

    def _best_bench_options(self, name: str, setting: Setting) -> dict[int, list[str]]:
        best = {}
        for streams in (1, STREAMS):
            rates = {
                title: self._bench_figures(setting, options, streams)["decode_per_second"]
                for title, options in BENCH_SETTINGS.items()}
            title = max(rates, key=lambda title: rates[title])
            best[streams] = BENCH_SETTINGS[title]
            self._results.settings[name][f"{BENCH}, {streams}"] = title
        return best

    def measure_memory(self, model: Path) -> None:
        """Private memory of idle servers: fresh, after an answer, and beside another one that
        maps the same files."""
        words = Words(model, SEED)
        ask = Ask(0, words.prompt(PROMPT_TOKENS), ANSWER_TOKENS)
        small, large = Setting(model, 1, 512, 1), Setting(model, STREAMS, 512, 1)
        progress("private memory")

        def worker(setting: Setting) -> Server:
            return Worker(self._options.worker, setting, self._folder / "memory.log")

        def server(setting: Setting) -> Server:
            return LlamaServer(
                self._options.peers / SERVER, setting, [], self._folder / "memory.log")

        for title, start, setting in (
            ("llambo-worker, 1 slot", worker, small), ("llambo-worker, 16 slots", worker, large),
            ("llama-server, 1 slot", server, small), ("llama-server, 16 slots", server, large),
        ):
            with ExitStack() as stack:
                first = start(setting)
                stack.callback(first.stop)
                figures = {"fresh": sum(first.private_bytes().values())}
                self._client.run(first, [ask])
                figures["answered"] = sum(first.private_bytes().values())
                second = start(setting)
                stack.callback(second.stop)
                figures["beside"] = sum(second.private_bytes().values())
                figures["beside_dirty"] = second.private_bytes()["dirty"]
            self._results.memory[title] = figures


if __name__ == "__main__":
    main()
