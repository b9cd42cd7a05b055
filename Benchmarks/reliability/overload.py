"""Many more requests than the cluster can serve."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cluster import Cluster, Plan
from report import Figure

SLOTS = 16
TOKENS = 64
TIMEOUT_MS = 4000
CONNECTIONS = 64
# More than can be under way where most requests are refused at once.
AT_ONCE_MAX = 100 * CONNECTIONS
WARM_UP_SECONDS = 2


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


def overload(programs: Path, model: Path, folder: Path, seconds: int) -> list[Figure]:
    """The most that is finished at some load, against what is finished at five times that."""
    # A core stays free for the orchestrator and the clients, where there are two.
    nodes = max(1, len(os.sched_getaffinity(0)) - 1)
    plan = Plan(model, nodes=nodes, slots=SLOTS, timeout=TIMEOUT_MS)
    cluster = Cluster(programs, plan, folder)
    try:
        cluster.wait_until_healthy()
        crowd = Crowd(programs, cluster)
        loads = (SLOTS * nodes // 2, SLOTS * nodes, 2 * SLOTS * nodes, 3 * SLOTS * nodes)
        tallies = {at_once: crowd.closed_loop(at_once, seconds / 2) for at_once in loads}
        best, peak = max(tallies.items(), key=lambda entry: entry[1].done)
        # In a closed loop answers of one length begin and end together, which suits the workers:
        # what they give without that is told as well.
        even = crowd.open_loop(1.2 * peak.done, seconds)
        flood = crowd.open_loop(5 * peak.done, seconds)
        after = crowd.closed_loop(best, seconds / 2)
        lost = cluster.status()["nodes_lost"]
        left = cluster.shut_down()
    finally:
        cluster.clean_up()
    return [
        Figure("most answers a second at any load", peak.done, "/s"),
        Figure("requests at once that it took", best),
        Figure("answers a second where 1.2 times as many come evenly", even.done, "/s"),
        Figure("requests a second in the overload", flood.sent, "/s"),
        Figure("answers a second in the overload", flood.done, "/s"),
        Figure("their share of the most", 100 * flood.done / peak.done, "%", least=95),
        Figure("their share of those that come evenly", 100 * flood.done / even.done, "%"),
        *(Figure(f"requests a second that ended in {code}", count)
          for code, count in flood.errors.items()),
        Figure("refusal, median", flood.refusal_median, "ms"),
        Figure("refusal, p99", flood.refusal_p99, "ms", most=10),
        *(Figure(f"{who}, of a core, {when}", tally.cores[who], "%")
          for who in flood.cores
          for when, tally in (
              ("at most answers", peak), ("evenly", even), ("in the overload", flood))),
        Figure("the same load afterwards, answers a second", after.done, "/s"),
        Figure("workers lost meanwhile", lost, most=0),
        Figure("processes left over in the end", left, most=0),
    ]
