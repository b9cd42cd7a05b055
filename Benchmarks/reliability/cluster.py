"""A cluster of real processes: how it is started, asked, killed and ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional

READY_SECONDS_MAX = 120
ANSWER_SECONDS_MAX = 60


@dataclass(frozen=True)
class Plan:
    """A configuration with one node type."""

    model: Path
    nodes: int = 4
    slots: int = 64
    context: int = 1024
    # Milliseconds.
    timeout: int = 60_000
    lease: int = 30_000
    queue_limit: int = 1024
    # More than the default 3: a worker that dies every second takes many first tries with it.
    retries: int = 10
    state: str = "cluster.state"

    def yaml(self) -> str:
        return f"""cluster:
  id: "storm"
  state_file: "{self.state}"
  nodes:
    tiny:
      count: {self.nodes}
      resources:
        model: "{self.model}"
        context_size: {self.context}
        slots: {self.slots}
  load_balancer:
    strategy: "least-loaded"
    timeout: {self.timeout}
    max_retries: {self.retries}
    health_check_interval: 500
    stall_timeout: 1500
    queue_limit: {self.queue_limit}
  orchestrator:
    listen: "127.0.0.1:0"
    lease: {self.lease}
"""


class Connection:
    """One connection that asks and waits for each answer."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS_MAX)
        self._lines = self._socket.makefile("rb")

    def ask(self, line: str) -> dict:
        """The JSON of the first line of the answer."""
        self._socket.sendall(f"{line}\n".encode())
        answer = self._lines.readline()
        if not answer:
            raise ConnectionError("the orchestrator closed the connection")
        return json.loads(answer[answer.index(b"{"):])

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_) -> None:
        self.close()


class Cluster:
    """An orchestrator, and the workers that it starts."""

    def __init__(
        self, programs: Path, plan: Plan, folder: Path, wrapper: Optional[list[str]] = None
    ) -> None:
        """`wrapper` is a command before the orchestrator's, which ends by becoming it."""
        self.plan = plan
        self._folder = folder
        self._log = folder / "orchestrator.log"
        self._config = folder / "cluster-config.yaml"
        self._config.write_text(plan.yaml())
        self._command = [
            *(wrapper or []), str(programs / "llambo-orchestrator"), "--config", str(self._config)]
        # All processes of this cluster have it in their environments.
        self._tag = f"LLAMBO_STORM={os.getpid()}-{folder.name}"
        self.starts = 0
        self.start()

    # Starting and ending

    def start(self) -> None:
        """Starts an orchestrator and waits until it listens."""
        self.starts += 1
        before = self.log().count("state in ")
        name, _, value = self._tag.partition("=")
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, name: value})
        wait("an orchestrator that listens", lambda: self.log().count("state in ") > before,
             self._is_alive)
        line = [line for line in self.log().splitlines() if "state in " in line][-1]
        self.port = int(line.partition("127.0.0.1:")[2].partition(",")[0])

    def _is_alive(self) -> bool:
        return self.process.poll() is None

    def kill_orchestrator(self) -> None:
        self.process.kill()
        self.process.wait()

    def shut_down(self) -> int:
        """Ends it as `llamboctl shutdown` does; returns how many processes were left over."""
        with Connection(self.port) as connection:
            connection.ask('SHUTDOWN {"grace_ms":0}')
        self.process.wait(READY_SECONDS_MAX)
        deadline = time.monotonic() + 10
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return len(left)

    def clean_up(self) -> None:
        """Kills what is left, however a scenario ended."""
        while left := self.processes():
            for pid in left:
                send(pid, signal.SIGKILL)
            self.process.poll()
            time.sleep(0.01)

    # Looking

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def status(self) -> dict:
        with Connection(self.port) as connection:
            return connection.ask("STATUS")

    def nodes(self) -> list[dict]:
        with Connection(self.port) as connection:
            return connection.ask("NODES")["nodes"]

    def processes(self) -> list[int]:
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                environment = Path(f"/proc/{entry}/environ").read_bytes()
            except OSError:
                continue
            if self._tag.encode() in environment.split(b"\0"):
                found.append(int(entry))
        return found

    def wait_until_healthy(self, count: Optional[int] = None) -> float:
        """Returns the seconds that it took."""
        start = time.monotonic()
        wanted = self.plan.nodes if count is None else count
        with Connection(self.port) as connection:
            wait(f"{wanted} healthy nodes",
                 lambda: connection.ask("STATUS")["nodes"]["healthy"] == wanted, self._is_alive)
        return time.monotonic() - start

    def connections(self) -> int:
        """The orchestrator's, workers' links included."""
        folder = f"/proc/{self.process.pid}/fd"
        return sum(os.readlink(f"{folder}/{name}").startswith("socket:")
                   for name in os.listdir(folder))

    def resident_bytes(self) -> int:
        """Of the orchestrator."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def wait(what: str, condition: Callable[[], bool], may_go_on: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not condition():
        if time.monotonic() > deadline or not may_go_on():
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.02)
