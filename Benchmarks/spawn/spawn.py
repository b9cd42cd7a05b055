"""Starts many tiny workers, and some llama-servers, and says how long it took and what they hold."""

from __future__ import annotations

import argparse
import json
import re
import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from cluster import Cluster, Plan
from machine import Machine, describe
from programs import LlamaServer, Setting

CONTEXT = 512
# What an orchestrator starts at once.
AT_ONCE = 8
GOAL_SECONDS_A_THOUSAND = 20
GOAL_MEGABYTES = 4


def memory(pid: int) -> dict[str, float]:
    """Megabytes: `own` is mapped by nobody else, `share` counts shared pages in parts."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    sizes = {name: int(size) / 1000 * 1.024 for name, size in
             re.findall(r"^(\w+): +(\d+) kB$", rollup, re.MULTILINE)}
    return {"own": sizes["Private_Clean"] + sizes["Private_Dirty"], "share": sizes["Pss"]}


def workers(options: argparse.Namespace, count: int) -> dict[str, float]:
    model = options.root / "models/llambo-tiny"
    with tempfile.TemporaryDirectory(prefix="llambo-spawn-") as folder:
        before = available()
        start = time.monotonic()
        cluster = Cluster(
            options.programs, Plan(model, nodes=count, slots=1, context=CONTEXT), Path(folder))
        try:
            cluster.wait_until_healthy()
            seconds = time.monotonic() - start
            used = before - available()
            held = [memory(node["pid"]) for node in cluster.nodes()]
            orchestrator = cluster.resident_bytes() / 1e6
            cluster.shut_down()
        finally:
            cluster.clean_up()
    return figures(count, seconds, held) | {
        "orchestrator_megabytes": orchestrator, "system_megabytes_each": used / count}


def servers(options: argparse.Namespace, count: int) -> dict[str, float]:
    setting = Setting(
        options.root / "models/llambo-tiny/Q8_0/llambo-tiny-q8_0.gguf", 1, CONTEXT, 1)
    with tempfile.TemporaryDirectory(prefix="llambo-spawn-") as folder:
        before = available()
        start = time.monotonic()

        def launch(number: int) -> LlamaServer:
            return LlamaServer(options.server, setting, [], Path(folder) / f"{number}.log")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            running = list(pool.map(launch, range(count)))
        try:
            seconds = time.monotonic() - start
            used = before - available()
            held = [memory(server.pid) for server in running]
        finally:
            for server in running:
                server.stop()
    return figures(count, seconds, held) | {"system_megabytes_each": used / count}


def figures(count: int, seconds: float, held: list[dict[str, float]]) -> dict[str, float]:
    return {
        "count": count, "seconds": seconds, "seconds_a_thousand": seconds / count * 1000,
        "own_megabytes": median(size["own"] for size in held),
        "share_megabytes": median(size["share"] for size in held)}


def available() -> float:
    """Megabytes of memory that the system has left."""
    text = Path("/proc/meminfo").read_text()
    return int(re.search(r"MemAvailable: +(\d+)", text)[1]) / 1000 * 1.024


def table(results: dict) -> str:
    mine, other = results["workers"], results.get("servers")
    lines = [f"{'':44}{'llambo-worker':>15}{'llama-server':>15}"]
    for key, title, goal in (
            ("count", "started", None), ("seconds", "until all were healthy, s", None),
            ("seconds_a_thousand", "a thousand take, s", GOAL_SECONDS_A_THOUSAND),
            ("own_megabytes", "memory of its own each, median, MB", GOAL_MEGABYTES),
            ("share_megabytes", "with its part of what is shared, MB", None),
            ("system_megabytes_each", "less memory left on the machine each, MB", None)):
        row = f"{title:44}{mine[key]:15,.1f}"
        row += f"{other[key]:15,.1f}" if other else f"{'–':>15}"
        if goal is not None:
            row += f"   ≤ {goal}" + ("" if mine[key] <= goal else " ✗")
        lines.append(row)
    lines.append(f"The orchestrator of them all holds {mine['orchestrator_megabytes']:.0f} MB.")
    if other:
        lines.append(
            f"llama-server: {other['count']} were started, {AT_ONCE} at a time as the orchestrator "
            "does; the time of a thousand is extrapolated.")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="Benchmarks/spawn/run", description=__doc__)
    parser.add_argument("--workers", type=int, default=1000, help="default: 1000")
    parser.add_argument("--servers", type=int, default=32, help="llama-servers; default: 32")
    parser.add_argument(
        "--server", type=Path, metavar="PATH",
        help="llama-server; the one that Benchmarks/engine/run has built unless given")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    # What `run` fills in.
    for name in ("programs", "root"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    machine = Machine()
    results: dict = {"workers": workers(options, options.workers)}
    if options.server:
        results["servers"] = servers(options, options.servers)
    results["machine"] = machine.report()
    print(table(results))
    print("Machine: " + describe(results["machine"]) + ".")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
