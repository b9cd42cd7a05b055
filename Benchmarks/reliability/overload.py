"""Many more requests than the cluster can serve."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from statistics import median

from cluster import Cluster, Plan
from report import Figure

SLOTS = 16
TOKENS = 64
TIMEOUT_MS = 4000
CONNECTIONS = 64
# More than can be under way where most requests are refused at once.
AT_ONCE_MAX = 100 * CONNECTIONS
WARM_UP_SECONDS = 1
# Of each way of a round.
PART_SECONDS = 3


@dataclass(frozen=True)
class Tally:
    """What became of the requests that ended in the measured time."""

    # A second.
    sent: float
    done: float
    errors: dict[str, float]
    # Milliseconds from when a request was due to its `queue_full`.
    refusal_median: float
    refusal_p99: float
    # Percent of a core, by who used it; all workers together.
    cores: dict[str, float]


class Crowd:
    """Sends requests over many connections, at a rate or as many at a time, and counts."""

    def __init__(self, programs: Path, cluster: Cluster) -> None:
        self._program = str(programs / "load")
        self._cluster = cluster
        self._runs = 0

    def closed_loop(self, at_once: int, seconds: float) -> Tally:
        """Keeps so many requests under way."""
        return self._run(seconds, min(at_once, CONNECTIONS), at_once)

    def open_loop(self, rate: float, seconds: float) -> Tally:
        """Sends `rate` requests a second, whatever comes back."""
        return self._run(seconds, CONNECTIONS, AT_ONCE_MAX, "--rate", f"{rate:.1f}")

    def _run(self, seconds: float, connections: int, at_once: int, *options: str) -> Tally:
        self._runs += 1
        orchestrator = self._cluster.process.pid
        workers = [pid for pid in self._cluster.processes() if pid != orchestrator]
        # No prompt is known from an earlier run.
        body = json.dumps({
            "prompt": f"Question {self._runs}.@", "max_tokens": TOKENS, "temperature": 0,
            "ignore_eos": True})
        command = [
            self._program, "line", str(self._cluster.port), body, "--connections",
            str(connections), "--at-once", str(at_once), "--warm-up", str(WARM_UP_SECONDS),
            "--seconds", str(seconds), *(f"--watch={pid}" for pid in (orchestrator, *workers)),
            *options]
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        figures = json.loads(ended.stdout)
        seconds = figures["seconds"]
        refusals = figures["errors"].get("queue_full", {"p50_us": 0, "p99_us": 0})
        # That of a worker that was lost meanwhile is negative.
        client, of_orchestrator, *of_workers = figures["cpu_us"]
        used = {"client": client, "orchestrator": of_orchestrator,
                "workers": sum(max(cpu_us, 0) for cpu_us in of_workers)}
        return Tally(
            figures["sent"] / seconds, figures["requests"] / seconds,
            {code: error["count"] / seconds for code, error in figures["errors"].items()},
            refusals["p50_us"] / 1000, refusals["p99_us"] / 1000,
            {who: 100 * cpu_us / 1e6 / seconds for who, cpu_us in used.items()})


class Way(Enum):
    """How requests come in a round."""

    MOST = "at most answers"
    EVENLY = "evenly"
    FLOOD = "in the overload"


def overload(programs: Path, model: Path, folder: Path, seconds: int) -> list[Figure]:
    """The most that is finished at some load, against what is finished at five times that.

    Both are measured in turn, because a machine that others use gives now more and now less, and
    the shares are medians of the rounds' own.
    """
    # A core stays free for the orchestrator and the clients, where there are two.
    nodes = max(1, len(os.sched_getaffinity(0)) - 1)
    plan = Plan(model, nodes=nodes, slots=SLOTS, timeout=TIMEOUT_MS)
    cluster = Cluster(programs, plan, folder)
    rounds = max(1, seconds // PART_SECONDS)
    try:
        cluster.wait_until_healthy()
        crowd = Crowd(programs, cluster)
        loads = (SLOTS * nodes // 2, SLOTS * nodes, 2 * SLOTS * nodes, 3 * SLOTS * nodes)
        tries = {at_once: [crowd.closed_loop(at_once, PART_SECONDS).done for _ in range(2)]
                 for at_once in loads}
        best = max(loads, key=lambda at_once: sum(tries[at_once]))
        peak = sum(tries[best]) / len(tries[best])
        ways: dict[Way, Callable[[], Tally]] = {
            Way.MOST: lambda: crowd.closed_loop(best, PART_SECONDS),
            Way.EVENLY: lambda: crowd.open_loop(1.2 * peak, PART_SECONDS),
            Way.FLOOD: lambda: crowd.open_loop(5 * peak, PART_SECONDS)}
        tallies: dict[Way, list[Tally]] = {way: [] for way in ways}
        for number in range(rounds):
            for way in (ways if number % 2 == 0 else reversed(ways)):
                tallies[way].append(ways[way]())
        lost = cluster.status()["nodes_lost"]
        left = cluster.shut_down()
    finally:
        cluster.clean_up()

    def middle(way: Way, key: Callable[[Tally], float]) -> float:
        return median(key(tally) for tally in tallies[way])

    def share(of: Way) -> float:
        return 100 * median(flood.done / other.done
                            for flood, other in zip(tallies[Way.FLOOD], tallies[of]))

    codes = sorted({code for tally in tallies[Way.FLOOD] for code in tally.errors})
    return [
        Figure("most answers a second at any load", middle(Way.MOST, lambda tally: tally.done), "/s"),
        Figure("requests at once that it took", best),
        Figure("answers a second where 1.2 times as many come evenly",
               middle(Way.EVENLY, lambda tally: tally.done), "/s"),
        Figure("requests a second in the overload", middle(Way.FLOOD, lambda tally: tally.sent), "/s"),
        Figure("answers a second in the overload", middle(Way.FLOOD, lambda tally: tally.done), "/s"),
        Figure("their share of the most", share(Way.MOST), "%", least=95),
        Figure("their share of those that come evenly", share(Way.EVENLY), "%"),
        *(Figure(f"requests a second that ended in {code}",
                 middle(Way.FLOOD, lambda tally, code=code: tally.errors.get(code, 0)))
          for code in codes),
        Figure("refusal, median", middle(Way.FLOOD, lambda tally: tally.refusal_median), "ms"),
        Figure("refusal, p99", max(tally.refusal_p99 for tally in tallies[Way.FLOOD]), "ms", most=10),
        *(Figure(f"{who}, of a core, {way.value}",
                 middle(way, lambda tally, who=who: tally.cores[who]), "%")
          for who in ("client", "orchestrator", "workers") for way in Way),
        Figure("workers lost meanwhile", lost, most=0),
        Figure("processes left over in the end", left, most=0),
    ]
