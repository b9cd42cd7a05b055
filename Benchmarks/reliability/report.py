"""Figures, what they should be, and the table of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Optional


@dataclass(frozen=True)
class Figure:
    """One measured number; `least` and `most` say what it should be."""

    title: str
    value: float
    unit: str = ""
    least: Optional[float] = None
    most: Optional[float] = None

    @property
    def is_met(self) -> bool:
        return ((self.least is None or self.value >= self.least)
                and (self.most is None or self.value <= self.most))

    @property
    def goal(self) -> str:
        if self.least is not None:
            return f"≥ {self.least:g}"
        return "" if self.most is None else f"≤ {self.most:g}"


@dataclass
class Results:
    """Everything that was measured, by scenario."""

    figures: dict[str, list[Figure]] = field(default_factory=dict)
    # What a scenario could not do here, or did in another way.
    notes: dict[str, str] = field(default_factory=dict)
    machine: dict[str, object] = field(default_factory=dict)

    @property
    def missed(self) -> int:
        return sum(not figure.is_met for figures in self.figures.values() for figure in figures)

    def as_json(self) -> dict[str, object]:
        return {
            "machine": self.machine, "notes": self.notes, "missed": self.missed,
            "figures": {name: [{**asdict(figure), "is_met": figure.is_met} for figure in figures]
                        for name, figures in self.figures.items()}}

    def table(self) -> str:
        lines = []
        for name, figures in self.figures.items():
            lines.append(name)
            for figure in figures:
                mark = "" if figure.is_met else " ✗"
                lines.append(
                    f"  {figure.title:58}{number(figure.value):>12} {figure.unit:5}"
                    f"{figure.goal}{mark}".rstrip())
            if name in self.notes:
                lines.append(f"  ({self.notes[name]})")
            lines.append("")
        return "\n".join(lines)


def number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
