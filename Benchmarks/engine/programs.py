"""The programs under test: how they are started, asked whether they are ready, and measured."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 10
BENCH_SECONDS_MAX = 600


@dataclass(frozen=True)
class Setting:
    """What all programs are started with alike."""

    model: Path
    slots: int
    # Tokens of prompt and answer a slot.
    context: int
    threads: int


class Server:
    """A running server; end it with `stop`."""

    def __init__(self, command: list[str], protocol: str, log: Path) -> None:
        self.protocol = protocol
        self.command = command
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.port = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_seconds(self) -> float:
        """User and system time of all threads, those that ended included; in clock ticks."""
        stat = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def private_bytes(self) -> dict[str, int]:
        """Pages that no other process maps now: `clean` ones come from files."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        sizes = dict(re.findall(r"^Private_(Clean|Dirty): +(\d+) kB$", rollup, re.MULTILINE))
        return {"clean": 1024 * int(sizes["Clean"]), "dirty": 1024 * int(sizes["Dirty"])}

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _wait_until(self, is_ready) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(
                    f"{Path(self.command[0]).name} is not ready; its log ends with:\n"
                    + "\n".join(self.log.read_text(errors="replace").splitlines()[-15:]))
            time.sleep(0.02)


class Worker(Server):
    """llambo-worker."""

    def __init__(self, program: Path, setting: Setting, log: Path) -> None:
        super().__init__([
            str(program), "--model", str(setting.model), "--slots", str(setting.slots),
            "--context-size", str(setting.context), "--threads", str(setting.threads)],
            "line", log)
        self._wait_until(self._has_port)

    def _has_port(self) -> bool:
        match = re.search(r" on 127\.0\.0\.1:(\d+)", self.log.read_text(errors="replace"))
        self.port = int(match[1]) if match else 0
        return match is not None

    def knows(self, option: str) -> bool:
        """Whether INFER has a field of that name."""
        body = json.dumps({"prompt": "a", "max_tokens": 1, option: True})
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(f"INFER {body}\n".encode())
            return connection.recv(4096).startswith((b"TOKEN", b"DONE"))

    def count_tokens(self, text: str) -> int:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(f"TOKENIZE {json.dumps({'text': text})}\n".encode())
            with connection.makefile() as answer:
                return json.loads(answer.readline().partition(" ")[2])["count"]


class LlamaServer(Server):
    """llama-server, with `options` beside the common setting."""

    def __init__(self, program: Path, setting: Setting, options: list[str], log: Path) -> None:
        port = _free_port()
        super().__init__([
            str(program), "--model", str(setting.model), "--host", "127.0.0.1",
            "--port", str(port), "--parallel", str(setting.slots),
            "--ctx-size", str(setting.slots * setting.context), "--no-ui",
            "--threads", str(setting.threads), "--threads-batch", str(setting.threads), *options],
            "http", log)
        self.port = port
        self._wait_until(self._is_healthy)

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5):
                return True
        except (urllib.error.URLError, ConnectionError):
            return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def batched_bench(
    program: Path, setting: Setting, options: list[str], prompt: int, answer: int,
    streams: list[int]
) -> list[dict[str, float]]:
    """One run of llama-batched-bench: its rows, one for each of `streams`."""
    command = [
        str(program), "--model", str(setting.model), "--ctx-size",
        str(setting.slots * setting.context), "--threads", str(setting.threads),
        "--threads-batch", str(setting.threads), "-npp", str(prompt), "-ntg", str(answer),
        "-npl", ",".join(map(str, streams)), "--output-format", "jsonl", *options]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
        timeout=BENCH_SECONDS_MAX)
    # llama.cpp's own log goes to the same place, and sometimes stands before a row on its line.
    lines = [line[line.index('{"n_kv_max"'):] for line in done.stdout.splitlines()
             if '{"n_kv_max"' in line]
    rows = [json.loads(line) for line in lines]
    if len(rows) != len(streams):
        raise RuntimeError(f"{' '.join(command)} gave {len(rows)} rows")
    return rows
