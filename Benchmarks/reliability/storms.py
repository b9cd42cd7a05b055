"""Workers and orchestrators that are killed and stopped under load."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

from cluster import Cluster, Plan, send
from report import Figure
from streams import Findings, Streams, percentile

STREAMS = 100
TOKENS = 300
STOP_EVERY = 6
# A stream that had no token for so long before a fault waits for something else, in seconds.
AWAKE = 0.4


def stream_figures(findings: Findings) -> list[Figure]:
    return [
        Figure("requests", findings.requests),
        Figure("tokens", findings.tokens),
        Figure("errors that clients saw", sum(findings.errors.values()), most=0),
        *(Figure(f"  {code}", count) for code, count in findings.errors.items()),
        Figure("tokens lost", findings.lost, most=0),
        Figure("tokens repeated", findings.repeated, most=0),
        Figure("answers with another text than their tokens", findings.wrong_answers, most=0),
    ]


def kills(programs: Path, model: Path, folder: Path, seconds: int) -> list[Figure]:
    """A worker killed every second, and another one stopped every six."""
    chance = random.Random(1)
    cluster = Cluster(programs, Plan(model), folder)
    # When a worker was killed, and how many streams moved from it.
    killed: list[tuple[float, int]] = []
    after_kills: list[float] = []
    after_stops: list[float] = []
    ejections: list[float] = []
    try:
        cluster.wait_until_healthy()
        with Streams(cluster.port, STREAMS, TOKENS) as streams:
            streams.wait_for_tokens()
            stops: list[Stop] = []
            start = time.monotonic()
            for second in range(seconds):
                _sleep_until(start + second, stops, cluster)
                moved = cluster.status()["requests"]["failovers"]
                stopped = {stop.pid for stop in stops if not stop.is_over}
                able = [node for node in cluster.nodes() if node["busy"] and node["pid"]
                        and node["state"] == "healthy" and node["pid"] not in stopped]
                if not able:
                    continue
                victim = able.pop(chance.randrange(len(able)))
                moment = time.monotonic()
                send(victim["pid"], signal.SIGKILL)
                _sleep_until(start + second + 0.5, stops, cluster)
                if second % STOP_EVERY == STOP_EVERY - 1 and not stopped and able:
                    stops.append(Stop(chance.choice(able)))
                # What moved until the next kill was this worker's; whose stop ended meanwhile
                # counts with its own.
                _sleep_until(start + second + 0.9, stops, cluster)
                count = cluster.status()["requests"]["failovers"] - moved
                ended = sum(stop.busy for stop in stops if stop.over_at > moment)
                killed.append((moment, max(0, min(victim["busy"], count - ended))))
            _sleep_until(start + seconds + 4, stops, cluster)
            findings = streams.finish()
            # In the end, when every stream has had its next token.
            for moment, count in killed:
                after_kills += streams.pauses_after(moment, count, AWAKE)
            for stop in stops:
                ejections.append(stop.over_at - stop.moment)
                after_stops += streams.pauses_after(stop.moment, stop.busy, AWAKE)
        healed = cluster.wait_until_healthy()
        status = cluster.status()
        left = cluster.shut_down()
    finally:
        cluster.clean_up()
    return [
        *stream_figures(findings),
        Figure("workers killed with SIGKILL", len(killed)),
        Figure("workers stopped with SIGSTOP", len(ejections)),
        Figure("streams moved to another worker", status["requests"]["failovers"]),
        Figure("kill to a moved stream's next token, median", 1000 * percentile(after_kills, 0.5),
               "ms"),
        Figure("kill to a moved stream's next token, p99", 1000 * percentile(after_kills, 0.99),
               "ms", most=2000),
        Figure("stop to ejection, longest", 1000 * max(ejections, default=0), "ms", most=3000),
        Figure("stop to a moved stream's next token, p99", 1000 * percentile(after_stops, 0.99),
               "ms"),
        Figure("last fault to all workers healthy", 1000 * healed, "ms"),
        Figure("processes left over in the end", left, most=0),
    ]


class Stop:
    """A worker that was stopped, and when it was given up."""

    def __init__(self, node: dict) -> None:
        self.pid: int = node["pid"]
        self.busy: int = node["busy"]
        self.moment = time.monotonic()
        self.over_at = float("-inf")
        send(self.pid, signal.SIGSTOP)

    @property
    def is_over(self) -> bool:
        return self.over_at > 0

    def look(self, cluster: Cluster) -> None:
        if not self.is_over and all(
                node["pid"] != self.pid or node["state"] != "healthy" for node in cluster.nodes()):
            self.over_at = time.monotonic()


def _sleep_until(moment: float, stops: list[Stop], cluster: Cluster) -> None:
    while (rest := moment - time.monotonic()) > 0:
        for stop in stops:
            stop.look(cluster)
        time.sleep(min(rest, 0.03))


def restarts(programs: Path, model: Path, folder: Path, count: int) -> list[Figure]:
    """The orchestrator killed under load, again and again."""
    cluster = Cluster(programs, Plan(model), folder)
    adopted: list[float] = []
    replaced = 0
    try:
        cluster.wait_until_healthy()
        before = {node["node"]: node["pid"] for node in cluster.nodes()}
        with Streams(cluster.port, STREAMS, TOKENS, survives_breaks=True) as streams:
            streams.wait_for_tokens()
            for _ in range(count):
                cluster.kill_orchestrator()
                cluster.start()
                adopted.append(cluster.wait_until_healthy())
                now = {node["node"]: node["pid"] for node in cluster.nodes()}
                replaced += sum(now.get(name) != pid for name, pid in before.items())
                before = now
                # Until its streams run again.
                moment = time.monotonic()
                while len(streams.pauses_after(moment, STREAMS)) < STREAMS:
                    time.sleep(0.05)
            findings = streams.finish()
        restarts = sum(node["restarts"] for node in cluster.nodes())
        left = cluster.shut_down()
    finally:
        cluster.clean_up()
    return [
        *stream_figures(findings),
        Figure("times the orchestrator was killed", count),
        Figure("requests whose connection broke with it", findings.broken),
        Figure("its return to all workers adopted, median", 1000 * percentile(adopted, 0.5), "ms"),
        Figure("its return to all workers adopted, longest", 1000 * max(adopted), "ms", most=5000),
        Figure("workers with another process than before", replaced + restarts, most=0),
        Figure("processes left over in the end", left, most=0),
    ]


def everything(programs: Path, model: Path, folder: Path, rounds: int) -> list[Figure]:
    """All workers killed at once."""
    plan = Plan(model, timeout=20_000)
    cluster = Cluster(programs, plan, folder)
    healed: list[float] = []
    pauses: list[float] = []
    try:
        cluster.wait_until_healthy()
        with Streams(cluster.port, STREAMS, TOKENS) as streams:
            streams.wait_for_tokens()
            for _ in range(rounds):
                victims = [node["pid"] for node in cluster.nodes() if node["pid"]]
                moment = time.monotonic()
                for pid in victims:
                    send(pid, signal.SIGKILL)
                while {node["pid"] for node in cluster.nodes()} & set(victims):
                    time.sleep(0.01)
                cluster.wait_until_healthy()
                healed.append(time.monotonic() - moment)
                while len(now := streams.pauses_after(moment, STREAMS)) < STREAMS:
                    time.sleep(0.05)
                pauses += now
            findings = streams.finish()
        left = cluster.shut_down()
    finally:
        cluster.clean_up()
    return [
        *stream_figures(findings),
        Figure("times that all workers were killed at once", rounds),
        Figure("longest request", findings.longest_request, "s", most=plan.timeout / 1000 + 0.5),
        Figure("kill to all workers healthy, longest", 1000 * max(healed), "ms"),
        Figure("kill to a stream's next token, p99", 1000 * percentile(pauses, 0.99), "ms"),
        Figure("processes left over in the end", left, most=0),
    ]
