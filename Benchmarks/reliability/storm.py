"""Puts a cluster of real processes through what should not harm it, and says what came of it."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from pathlib import Path

import limits
import overload
import storms
from machine import Machine, describe
from report import Results

# By name: the scenario's title, its function, and what it takes for a whole run and a quick one.
SCENARIOS = {
    "kills": ("A worker killed every second, and stopped every six", storms.kills, 60, 8),
    "restarts": ("The orchestrator killed under load", storms.restarts, 20, 3),
    "all": ("All workers killed at once", storms.everything, 5, 2),
    "overload": ("5 times as many requests as it can serve", overload.overload, 36, 6),
    "descriptors": ("256 descriptors for the orchestrator", limits.descriptors, 10, 3),
    "disk": ("A full disk under the state file", limits.disk, 10, 3),
    "slow": ("Clients that do not read", limits.slow_readers, 10, 3),
    "reconnect": ("2,000 clients connect at once", limits.reconnect, 5, 1),
}


def main() -> int:
    options = parse_options()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    model = options.root / "models/llambo-tiny"
    machine = Machine()
    results = Results()
    for name in options.scenarios:
        title, run, whole, quick = SCENARIOS[name]
        print(f"  {title}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix=f"llambo-storm-{name}-") as folder:
            results.figures[title] = run(
                options.programs, model, Path(folder), quick if options.quick else whole)
        if run in limits.NOTES:
            results.notes[title] = limits.NOTES[run]
    results.machine = machine.report()
    print(results.table())
    print("Machine: " + describe(results.machine) + ".")
    if options.json:
        options.json.write_text(json.dumps(results.as_json(), indent=1) + "\n")
    return 1 if results.missed else 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Benchmarks/reliability/run", description=__doc__)
    parser.add_argument(
        "--scenarios", nargs="+", choices=tuple(SCENARIOS), default=tuple(SCENARIOS))
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    # What `run` fills in.
    for name in ("programs", "root"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
