"""What the machine is, and how much of it others used meanwhile."""

from __future__ import annotations

import os
import platform
import resource
import time
from pathlib import Path


class Machine:
    """Made before the measurements; `report` after them, when all programs have ended."""

    def __init__(self) -> None:
        self._load = os.getloadavg()
        self._busy, self._stolen = _processor_seconds()
        self._own = _own_seconds()
        self._start = time.monotonic()

    def report(self) -> dict[str, object]:
        seconds = time.monotonic() - self._start
        busy, stolen = _processor_seconds()
        others = busy - self._busy - (_own_seconds() - self._own)
        return {
            "processor": _processor_name(),
            "cores": len(os.sched_getaffinity(0)),
            "system": f"{platform.system()} {platform.release().partition('-')[0]}",
            "seconds": round(seconds),
            "load_average_before": [round(load, 2) for load in self._load],
            "load_average_after": [round(load, 2) for load in os.getloadavg()],
            "cores_used_by_others": round(max(0.0, others / seconds), 2),
            "cores_stolen": round((stolen - self._stolen) / seconds, 2),
        }


def describe(machine: dict[str, object]) -> str:
    before, after = machine["load_average_before"], machine["load_average_after"]
    assert isinstance(before, list) and isinstance(after, list)
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; "
        f"{machine['seconds']} s, during which other processes kept "
        f"{machine['cores_used_by_others']} cores busy and the host took "
        f"{machine['cores_stolen']} away; load average {before[0]} before, {after[0]} after")


def _processor_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _processor_seconds() -> tuple[float, float]:
    """Seconds that all cores were busy, and that the host kept them from running."""
    user, nice, system, _, _, irq, softirq, stolen = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    ticks = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / ticks, stolen / ticks


def _own_seconds() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
