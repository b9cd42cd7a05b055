"""Clients that hold streams, and check every token of them."""

from __future__ import annotations

import json
import selectors
import socket
import threading
import time
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import Optional

RECEIVE_BYTES = 1 << 18
RECONNECT_SECONDS = 0.02


@dataclass
class Findings:
    """What all streams together saw."""

    requests: int = 0
    finished: int = 0
    tokens: int = 0
    # Tokens whose number was not the next one: higher, or one that had been.
    lost: int = 0
    repeated: int = 0
    # Answers whose text or token count is not that of their tokens.
    wrong_answers: int = 0
    # Codes of ERROR lines.
    errors: Counter = field(default_factory=Counter)
    # Connections that broke, each with a request on it.
    broken: int = 0
    # Seconds that requests took to their last line, at most.
    longest_request: float = 0.0

    @property
    def faults(self) -> int:
        return self.lost + self.repeated + self.wrong_answers + sum(self.errors.values())


class Stream:
    """One connection that has one request under way at any time."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.socket: Optional[socket.socket] = None
        self.retry_at = 0.0
        # When each token arrived, of all requests.
        self.times: list[float] = []
        self.reset()

    def reset(self) -> None:
        self.buffer = b""
        self.is_running = False
        self.next_token = 0
        self.text: list[str] = []
        self.sent = 0.0


class Streams:
    """`count` streams in a thread of their own, which ask again as soon as they have an answer.

    The model's answers are made to go on (`ignore_eos`) to between half of `tokens` and all of it,
    so that streams do not end and begin as one.
    """

    def __init__(self, port: int, count: int, tokens: int, survives_breaks: bool = False) -> None:
        """With `survives_breaks` a connection that breaks is made anew and its request counted in
        `broken`; without, it is an error."""
        self.port = port
        self.findings = Findings()
        self.streams = [Stream(number) for number in range(count)]
        self._tokens = tokens
        self._survives_breaks = survives_breaks
        self._selector = selectors.DefaultSelector()
        self._is_ending = False
        self._failure: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Streams":
        self._thread.start()
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self.finish()

    def finish(self) -> Findings:
        """Starts no more requests and waits for those under way."""
        self._is_ending = True
        self._thread.join()
        if self._failure:
            raise self._failure
        return self.findings

    def wait_for_tokens(self) -> None:
        """Until each stream has begun."""
        while not all(stream.times for stream in self.streams):
            if self._failure:
                raise self._failure
            time.sleep(0.02)

    def pauses_after(
        self, moment: float, longest: int, awake: float = float("inf")
    ) -> list[float]:
        """Seconds from `moment` to each stream's next token; of these the `longest` ones.

        A request that ends and the next one's first token count like tokens. Left out are streams
        that had no token since, and those whose last one was more than `awake` seconds before:
        they waited already, for something else.
        """
        pauses = []
        for stream in self.streams:
            place = bisect_right(stream.times, moment)
            if place == len(stream.times):
                continue
            if place == 0 or moment - stream.times[place - 1] <= awake:
                pauses.append(stream.times[place] - moment)
        return sorted(pauses, reverse=True)[:longest]

    def longest_gap(self, start: float, end: float) -> float:
        """Seconds between two tokens of a stream, at most, of gaps that touch that time."""
        longest = 0.0
        for stream in self.streams:
            times = list(stream.times)
            for before, after in zip(times, times[1:]):
                if after >= start and before <= end:
                    longest = max(longest, after - before)
        return longest

    # The thread

    def _run(self) -> None:
        try:
            while True:
                now = time.monotonic()
                for stream in self.streams:
                    if not stream.is_running and not self._is_ending and now >= stream.retry_at:
                        self._ask(stream)
                if self._is_ending and not any(stream.is_running for stream in self.streams):
                    return
                for key, _ in self._selector.select(0.01):
                    self._receive(key.data)
        except BaseException as failure:  # Raised again by `finish`.
            self._failure = failure

    def _ask(self, stream: Stream) -> None:
        try:
            if stream.socket is None:
                stream.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
                self._selector.register(stream.socket, selectors.EVENT_READ, stream)
            number = self.findings.requests
            length = self._tokens - (number * 7919) % (self._tokens // 2)
            body = json.dumps({
                "prompt": f"Stream {stream.number} asks for the {number}th time:",
                "max_tokens": length, "temperature": 0.8, "seed": number, "ignore_eos": True})
            stream.socket.sendall(f"INFER #r{number} {body}\n".encode())
        except OSError:
            self._broke(stream)
            return
        self.findings.requests += 1
        stream.is_running = True
        stream.sent = time.monotonic()

    def _broke(self, stream: Stream) -> None:
        if not self._survives_breaks:
            raise ConnectionError(f"the connection of stream {stream.number} broke")
        if stream.socket is not None:
            if stream.socket in self._selector.get_map():
                self._selector.unregister(stream.socket)
            stream.socket.close()
            stream.socket = None
        if stream.is_running:
            self.findings.broken += 1
        stream.reset()
        stream.retry_at = time.monotonic() + RECONNECT_SECONDS

    def _receive(self, stream: Stream) -> None:
        try:
            data = stream.socket.recv(RECEIVE_BYTES)
        except OSError:
            data = b""
        if not data:
            return self._broke(stream)
        now = time.monotonic()
        *lines, stream.buffer = (stream.buffer + data).split(b"\n")
        for line in lines:
            self._take(stream, line, now)

    def _take(self, stream: Stream, line: bytes, now: float) -> None:
        findings = self.findings
        body = json.loads(line[line.index(b"{"):])
        if line.startswith(b"TOKEN "):
            findings.tokens += 1
            stream.times.append(now)
            place = body["i"]
            if place > stream.next_token:
                findings.lost += place - stream.next_token
            elif place < stream.next_token:
                findings.repeated += 1
            stream.next_token = place + 1
            stream.text.append(body["text"])
            return
        if line.startswith(b"DONE "):
            findings.finished += 1
            is_right = (body["text"] == "".join(stream.text)
                        and body["token_count"] == stream.next_token)
            findings.wrong_answers += 0 if is_right else 1
        else:
            findings.errors[body.get("code", line[:40].decode())] += 1
            stream.retry_at = now + RECONNECT_SECONDS
        findings.longest_request = max(findings.longest_request, now - stream.sent)
        stream.is_running = False
        stream.next_token = 0
        stream.text = []


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
