"""Compares the way through llambo-orchestrator with the way through HAProxy."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from machine import Machine, describe

START_SECONDS_MAX = 30
TICK_US = 10_000
SLOTS = 4096
STREAM_TOKENS = 64
# Some 40 tokens, as a short question with a system prompt has.
PROMPT = (
    "You are the assistant of a small cluster. Answer shortly and say where a reader finds more. "
    "What is a load balancer, and when does a cluster of language models need one of its own?")

HAPROXY = """global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse always
frontend clients
  bind 127.0.0.1:{port}
  default_backend workers
backend workers
  server stub 127.0.0.1:{stub} maxconn 8192
"""

ORCHESTRATOR = """cluster:
  id: "way"
  state_file: "{folder}/way.state"
  nodes:
    tiny:
      count: 0
      resources:
        model: "{model}"
  load_balancer:
    queue_limit: 100000
  orchestrator:
    listen: "127.0.0.1:0"
"""


@dataclass(frozen=True)
class Load:
    """What the client is told: connections, requests under way on each, tokens of an answer."""

    title: str
    connections: int
    depth: int
    tokens: int
    # Requests a round; a quick run has a tenth.
    requests: int
    # The most that the orchestrator's CPU time may be, as a share of HAProxy's.
    goal: float

    @property
    def per(self) -> str:
        return "token" if self.tokens > 1 else "request"


LOADS = [
    Load("one request a connection at a time", 64, 1, 1, 60_000, 0.6),
    Load("multiplexed: 8 connections, 32 requests on each", 8, 32, 1, 120_000, 0.2),
    Load("64 streams, one a connection", 64, 1, STREAM_TOKENS, 320, 0.6),
    Load("64 streams on 2 connections", 2, 32, STREAM_TOKENS, 320, 0.6),
]


class Program:
    """A program that runs, and the CPU time that it has used."""

    def __init__(self, command: list[str], log: Path) -> None:
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.log = log

    def wait_for(self, text: str) -> str:
        """The first line of its output that holds the text."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self.process.poll() is None:
            for line in self.log.read_text(errors="replace").split("\n")[:-1]:
                if text in line:
                    return line
            time.sleep(0.02)
        raise RuntimeError(f"{self.process.args}: {self.log.read_text(errors='replace')}")

    def cpu_us(self) -> float:
        """Of all threads, to the nanosecond (proc(5), schedstat)."""
        return sum(int((task / "schedstat").read_text().split()[0])
                   for task in Path(f"/proc/{self.process.pid}/task").iterdir()) / 1000

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Session:
    """Both ways, from client to stub, and the direct ones beside them."""

    def __init__(self, options: argparse.Namespace, folder: Path, stack: ExitStack) -> None:
        self._programs = options.programs

        def start(name: str, *command: str) -> Program:
            program = Program(list(command), folder / f"{name}.log")
            stack.callback(program.stop)
            return program

        stub = str(options.programs / "stub")
        web = start("web", stub, "http", str(TICK_US))
        web_port = int(web.wait_for(""))
        port = free_port()
        (folder / "haproxy.cfg").write_text(HAPROXY.format(port=port, stub=web_port))
        self.haproxy = start("haproxy", "haproxy", "-db", "-f", str(folder / "haproxy.cfg"))
        config = folder / "cluster-config.yaml"
        config.write_text(ORCHESTRATOR.format(
            folder=folder, model=options.root / "models/llambo-tiny"))
        self.orchestrator = start(
            "orchestrator", str(options.programs / "llambo-orchestrator"), "--config", str(config))
        line = self.orchestrator.wait_for("state in ")
        own = int(line.partition("127.0.0.1:")[2].partition(",")[0])
        worker = start("worker", stub, "line", str(TICK_US), str(own), str(SLOTS))
        worker_port = int(worker.wait_for(""))
        # By way: protocol, port, and the program in between.
        self.ways: dict[str, tuple[str, int, Program | None]] = {
            "llambo": ("line", own, self.orchestrator), "haproxy": ("http", port, self.haproxy),
            "llambo direct": ("line", worker_port, None),
            "haproxy direct": ("http", web_port, None)}

    def run(self, way: str, load: Load, requests: int, rate: float = 0) -> dict[str, float]:
        protocol, port, program = self.ways[way]
        connections = load.connections
        if protocol == "http":
            connections *= load.depth
        body = json.dumps(
            {"prompt": PROMPT, "max_tokens": load.tokens, "temperature": 0}, separators=(",", ":"))
        command = [str(self._programs / "load"), protocol, str(port), body,
                   "--connections", str(connections), "--at-once",
                   str(load.connections * load.depth), "--requests", str(requests)]
        if rate:
            command += ["--rate", f"{rate:.1f}"]
        before = program.cpu_us() if program else 0.0
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode == 0:
                break
            # HAProxy says nothing when it listens.
            if "refused" not in done.stderr or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
            time.sleep(0.05)
        figures = json.loads(done.stdout)
        if errors := figures.pop("errors"):
            raise RuntimeError(f"{' '.join(command)}: {errors}")
        figures["cpu_us"] = figures["cpu_us"][0]
        used = (program.cpu_us() - before) if program else 0.0
        figures["cpu_us_per_request"] = used / figures["requests"]
        figures["cpu_us_per_token"] = used / max(1, figures["tokens"])
        figures["per_second"] = figures["requests"] / figures["seconds"]
        return figures


def free_port() -> int:
    import socket
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def compare(session: Session, load: Load, options: argparse.Namespace) -> dict[str, object]:
    """Medians of the rounds, in each of which both ways have their turn, and their ratios."""
    rounds: dict[str, list[dict[str, float]]] = {way: [] for way in ("llambo", "haproxy")}
    for number in range(options.rounds):
        for way in sorted(rounds, reverse=number % 2 == 1):
            rounds[way].append(session.run(way, load, load.requests // options.part))
    key = f"cpu_us_per_{load.per}"
    medians = {way: {name: median(figures[name] for figures in all_figures)
                     for name in all_figures[0]} for way, all_figures in rounds.items()}
    ratio = median(one[key] / other[key]
                   for one, other in zip(rounds["llambo"], rounds["haproxy"]))
    return {"title": load.title, "per": load.per, "medians": medians, "rounds": rounds,
            "cpu_ratio": ratio, "goal": load.goal, "is_met": ratio <= load.goal}


def added_latency(session: Session, most: float, options: argparse.Namespace) -> dict[str, object]:
    """At half of the requests a second that the slower way can pass on: the time of an answer
    through the proxy beyond that of one without."""
    load = Load("half load", 64, 1, 1, int(most / 2 * 4), 0)
    requests = load.requests // options.part
    rows: dict[str, list[dict[str, float]]] = {way: [] for way in session.ways}
    for _ in range(options.rounds):
        for way in rows:
            rows[way].append(session.run(way, load, requests, rate=most / 2))
    result: dict[str, object] = {"rate": most / 2}
    for way in ("llambo", "haproxy"):
        for key in ("p50_us", "p99_us"):
            result[f"{way}_{key}"] = median(
                via[key] - direct[key] for via, direct in zip(rows[way], rows[f"{way} direct"]))
    return result


def table(results: dict) -> str:
    lines = [
        f"Medians of {results['rounds']} rounds, one thread each. A ratio is llambo-orchestrator's "
        "CPU time by HAProxy's.", f"{'':50}{'llambo':>10}{'haproxy':>10}"]
    for row in results["loads"]:
        mine, other = row["medians"]["llambo"], row["medians"]["haproxy"]
        key = f"cpu_us_per_{row['per']}"
        mark = "" if row["is_met"] else " ✗"
        lines.append(row["title"])
        lines.append(f"  {'CPU time a ' + row['per'] + ', µs':48}{mine[key]:10.2f}"
                     f"{other[key]:10.2f}   ratio {row['cpu_ratio']:.2f} (≤ {row['goal']}){mark}")
        if row["per"] == "request":
            lines.append(f"  {'requests a second':48}{mine['per_second']:10,.0f}"
                         f"{other['per_second']:10,.0f}")
    latency = results["latency"]
    lines.append(f"Added time of an answer at half load ({latency['rate']:,.0f} requests a second)")
    for key, title in (("p50_us", "median"), ("p99_us", "p99")):
        mine = latency[f"llambo_{key}"]
        note = "" if key == "p50_us" else " (≤ 1,000)" + ("" if mine <= 1000 else " ✗")
        lines.append(f"  {title + ', µs':48}{mine:10,.0f}{latency[f'haproxy_{key}']:10,.0f}"
                     f"  {note}".rstrip())
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="Benchmarks/proxy/run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds of everything (default: 7)")
    parser.add_argument("--quick", action="store_true", help="2 short rounds, to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    # What `run` fills in.
    for name in ("programs", "root"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.part = 4 if options.quick else 1
    options.rounds = 2 if options.quick else options.rounds
    machine = Machine()
    with tempfile.TemporaryDirectory(prefix="llambo-way-") as folder, ExitStack() as stack:
        session = Session(options, Path(folder), stack)
        loads = []
        for load in LOADS:
            print(f"  {load.title}", file=sys.stderr, flush=True)
            loads.append(compare(session, load, options))
        print("  added latency", file=sys.stderr, flush=True)
        most = min(row["per_second"] for row in loads[0]["medians"].values())
        latency = added_latency(session, most, options)
    results = {"rounds": options.rounds, "loads": loads, "latency": latency,
               "machine": machine.report()}
    print(table(results))
    print("Machine: " + describe(results["machine"]) + ".")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
