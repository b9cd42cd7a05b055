"""The figures as bars: one small chart a scenario, each with its own axis from 0."""

from __future__ import annotations

from html import escape
from typing import Optional

from machine import describe
from report import (
    BENCH, DEFAULT_SERVER, MEGABYTE, PROGRAMS, SERVER, WORKER, Results, Row, number, rows)

COLUMNS = 3
PANEL_WIDTH, PANEL_HEIGHT = 320, 162
MARGIN, HEAD, FOOT = 28, 92, 64
LABEL_WIDTH, BAR_HEIGHT, BAR_STEP = 62, 17, 24
# Room for the figure that stands right of the longest bar.
FIGURE_WIDTH = 96
COLOURS = {WORKER: "#0b6e4f", SERVER: "#b0653a", DEFAULT_SERVER: "#dcab87", BENCH: "#8b95a1"}
SHORT = {WORKER: "worker", SERVER: "best", DEFAULT_SERVER: "defaults", BENCH: "bench"}
PANELS = (
    ("many", "decode_per_second", "16 streams, decoding"),
    ("many", "tokens_per_second", "16 streams, with prompts"),
    ("one", "tokens_per_second", "1 stream, with prompts"),
    ("shared", "cold_first_token_ms", "First token, new shared prompt"),
    ("arrival", "gap_p99_ms", "Gap (p99) as a long prompt comes"))

Bars = list[tuple[str, float, str]]


def draw(results: Results) -> str:
    panels: list[str] = []
    for model in results.figures:
        for scenario, key, title in PANELS:
            if scenario not in results.figures[model]:
                continue
            row = next(row for row in rows()
                       if (row.model, row.scenario, row.key) == (model, scenario, key))
            name = f"{model.capitalize()} model"
            panels.append(_panel(name, title, _axis(row), _bars(results, row)))
        if model == "tiny" and results.memory:
            panels.append(_memory(results))
    lines = -(-len(panels) // COLUMNS)
    width = 2 * MARGIN + COLUMNS * PANEL_WIDTH
    height = HEAD + lines * PANEL_HEIGHT + FOOT
    body = [_text(MARGIN, 36, "llambo-worker beside llama.cpp's own programs", 20, weight=600)]
    x = MARGIN
    for program in PROGRAMS:
        body.append(f'<rect x="{x}" y="54" width="13" height="13" fill="{COLOURS[program]}"/>')
        title = f"{program}, best settings" if program == SERVER else program
        body.append(_text(x + 19, 65, title, 13))
        x += 54 + 7 * len(title)
    for index, panel in enumerate(panels):
        left = MARGIN + index % COLUMNS * PANEL_WIDTH
        top = HEAD + index // COLUMNS * PANEL_HEIGHT
        body.append(f'<g transform="translate({left} {top})">{panel}</g>')
    body.append(_text(MARGIN, height - 38, (
        f"Medians of {results.rounds} rounds, {results.threads} decode thread(s); in brackets, how "
        "many times better the worker is."), 11, "#555"))
    body.append(_text(MARGIN, height - 20, describe(results.machine), 11, "#555"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="Helvetica, Arial, sans-serif">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n")


def _axis(row: Row) -> str:
    return "tokens a second" if row.unit == "t/s" else "milliseconds, less is better"


def _bars(results: Results, row: Row) -> Bars:
    bars = []
    for program in PROGRAMS:
        value = results.median(row, program)
        if value is None:
            continue
        ratio: Optional[float] = None if program == WORKER else results.ratio(row, program)
        figure = number(value) + (f" ({ratio:.2f}×)" if ratio is not None else "")
        bars.append((program, value, figure))
    return bars


def _memory(results: Results) -> str:
    bars: Bars = []
    for title, program in (
        ("llambo-worker, 1 slot", WORKER), ("llama-server, 1 slot", DEFAULT_SERVER)):
        size = results.memory[title]["fresh"] / MEGABYTE
        bars.append((program, size, f"{number(size)} MB"))
    return _panel("Tiny model", "Idle private memory, 1 slot", "megabytes, less is better", bars)


def _panel(model: str, title: str, axis: str, bars: Bars) -> str:
    room = PANEL_WIDTH - LABEL_WIDTH - FIGURE_WIDTH
    most = max((value for _, value, _ in bars), default=1.0)
    parts = [_text(0, 12, title, 13, weight=600), _text(0, 27, f"{model}, {axis}", 11, "#555")]
    for index, (program, value, figure) in enumerate(bars):
        y = 38 + index * BAR_STEP
        length = max(1.0, room * value / most)
        middle = y + BAR_HEIGHT / 2 + 4
        parts.append(_text(LABEL_WIDTH - 8, middle, SHORT[program], 11, "#333", anchor="end"))
        parts.append(
            f'<rect x="{LABEL_WIDTH}" y="{y}" width="{length:.1f}" height="{BAR_HEIGHT}" '
            f'fill="{COLOURS[program]}"/>')
        parts.append(_text(LABEL_WIDTH + length + 6, middle, figure, 11))
    bottom = 36 + len(bars) * BAR_STEP
    parts.append(
        f'<line x1="{LABEL_WIDTH}" y1="34" x2="{LABEL_WIDTH}" y2="{bottom}" stroke="#333"/>')
    return "".join(parts)


def _text(
    x: float, y: float, text: str, size: int, colour: str = "#111", weight: int = 400,
    anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(text)}</text>')
