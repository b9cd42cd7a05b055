"""Many more requests than the cluster can serve."""

from __future__ import annotations

import json
import os
import selectors
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from cluster import Cluster, Plan
from report import Figure
from streams import percentile

SLOTS = 16
TOKENS = 64
TIMEOUT_MS = 4000
CONNECTIONS = 64


@dataclass
class Tally:
    """What became of the requests that ended in the measured time."""

    done: int = 0
    sent: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    # Seconds from a request to its `queue_full`.
    refusals: list[float] = field(default_factory=list)


class Crowd:
    """Sends requests over many connections, at a rate or as many at a time, and counts."""

    def __init__(self, port: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._sent: dict[str, float] = {}
        self._number = 0
        self._connections = []
        for _ in range(CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.append(connection)
            self._selector.register(connection, selectors.EVENT_READ, bytearray())

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def closed_loop(self, at_once: int, warm_up: float, seconds: float) -> Tally:
        """Keeps so many requests under way."""
        return self._run(warm_up, seconds, lambda _: at_once - len(self._sent))

    def open_loop(self, rate: float, warm_up: float, seconds: float) -> Tally:
        """Sends `rate` requests a second, whatever comes back."""
        start, first = time.monotonic(), self._number
        return self._run(
            warm_up, seconds, lambda now: int(rate * (now - start)) - (self._number - first))

    def _run(self, warm_up: float, seconds: float, due) -> Tally:
        tally = Tally()
        start = time.monotonic() + warm_up
        while (now := time.monotonic()) < start + seconds:
            is_counted = now >= start
            for _ in range(due(now)):
                self._ask()
                tally.sent += is_counted
            for key, _ in self._selector.select(0.001):
                self._receive(key.fileobj, key.data, tally, is_counted)
        # What is under way would be the next run's.
        while self._sent and time.monotonic() < start + seconds + TIMEOUT_MS / 1000 + 1:
            for key, _ in self._selector.select(0.1):
                self._receive(key.fileobj, key.data, tally, False)
        return tally

    def _ask(self) -> None:
        self._number += 1
        name = f"r{self._number}"
        body = json.dumps({
            "prompt": f"Question {self._number}", "max_tokens": TOKENS, "temperature": 0,
            "ignore_eos": True})
        connection = self._connections[self._number % CONNECTIONS]
        self._sent[name] = time.monotonic()
        connection.sendall(f"INFER #{name} {body}\n".encode())

    def _receive(self, connection, buffer: bytearray, tally: Tally, is_counted: bool) -> None:
        buffer += connection.recv(1 << 18)
        now = time.monotonic()
        end = buffer.rfind(b"\n") + 1
        lines = bytes(buffer[:end]).split(b"\n")
        del buffer[:end]
        for line in lines:
            if not line or line.startswith(b"TOKEN "):
                continue
            kind, name, body = line.split(b" ", 2)
            sent = self._sent.pop(name[1:].decode())
            if not is_counted:
                continue
            if kind == b"DONE":
                tally.done += 1
            else:
                code = json.loads(body)["code"]
                tally.errors[code] = tally.errors.get(code, 0) + 1
                if code == "queue_full":
                    tally.refusals.append(now - sent)


def overload(programs: Path, model: Path, folder: Path, seconds: int) -> list[Figure]:
    """The most that is finished at some load, against what is finished at five times that."""
    # A core stays free for the orchestrator and the clients, where there are two.
    nodes = max(1, len(os.sched_getaffinity(0)) - 1)
    plan = Plan(model, nodes=nodes, slots=SLOTS, timeout=TIMEOUT_MS)
    cluster = Cluster(programs, plan, folder)
    try:
        cluster.wait_until_healthy()
        crowd = Crowd(cluster.port)
        peak = 0.0
        for at_once in (SLOTS * nodes // 2, SLOTS * nodes, 2 * SLOTS * nodes, 3 * SLOTS * nodes):
            tally = crowd.closed_loop(at_once, warm_up=1, seconds=seconds / 3)
            peak = max(peak, tally.done / (seconds / 3))
        flood = crowd.open_loop(5 * peak, warm_up=3, seconds=seconds)
        after = crowd.closed_loop(SLOTS * nodes, warm_up=1, seconds=seconds / 3)
        crowd.close()
        left = cluster.shut_down()
    finally:
        cluster.clean_up()
    goodput = flood.done / seconds
    return [
        Figure("most answers a second at any load", peak, "/s"),
        Figure("requests a second in the overload", flood.sent / seconds, "/s"),
        Figure("answers a second in the overload", goodput, "/s"),
        Figure("their share of the most", 100 * goodput / peak, "%", least=95),
        *(Figure(f"requests a second that ended in {code}", count / seconds)
          for code, count in flood.errors.items()),
        Figure("refusal, median", 1000 * percentile(flood.refusals, 0.5), "ms"),
        Figure("refusal, p99", 1000 * percentile(flood.refusals, 0.99), "ms", most=10),
        Figure("answers a second afterwards", after.done / (seconds / 3), "/s"),
        Figure("processes left over in the end", left, most=0),
    ]
