"""The tables that the README quotes, in Markdown, from the figures of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Figures = dict[str, Any]
MB = 1_000_000
GAP = "–"


class Target(NamedTuple):
    """A row: its title, what is to be reached, how figures print, and whether they reach it."""

    title: str
    aim: str
    show: Callable[[Figures], str]
    met: Callable[[Figures], bool] | None
    of_stock: Callable[[Figures], str] = lambda figures: GAP


def ms(value: float) -> str:
    """Milliseconds, or seconds from ten thousand of them on."""
    if abs(value) >= 10_000:
        return f"{value / 1000:.0f} s"
    return f"{value:.1f} ms" if abs(value) < 10 else f"{value:,.0f} ms"


def amount(value: float) -> str:
    """Bytes."""
    if abs(value) >= MB:
        return f"{value / MB:,.0f} MB" if value >= 10 * MB else f"{value / MB:.1f} MB"
    return f"{value / 1000:.1f} KB" if value >= 1000 else f"{value:.0f} B"


def size(count: int) -> str:
    """A number of files as people say it."""
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= unit and count % unit == 0:
            return f"{count // unit}{letter}"
    return str(count)


def three(spread: Figures) -> str:
    """Median, 95th and 99th percentile."""
    return f"{ms(spread['p50'])} / {ms(spread['p95'])} / {ms(spread['p99'])}"


def tail(spread: Figures) -> str:
    """99th percentile and the worst."""
    return f"{ms(spread['p99'])} / {ms(spread['worst'])}"


def _delay(part: str) -> Target:
    titles = {
        "ordering": "event loop delay while it scans and sorts, p99 / max",
        "filtering": "event loop delay while it filters, p99 / max",
        "sorting_by_time": "event loop delay while it stats and sorts by time, p99 / max",
    }
    return Target(
        titles[part],
        "≤ 15 / 50 ms",
        lambda f: tail(f["wire"][part]["loop_ms"]),
        lambda f: f["wire"][part]["loop_ms"]["p99"] <= 15 and f["wire"][part]["loop_ms"]["worst"] <= 50,
        lambda f: tail(f["wire"]["listing"]["loop_ms"]) if part == "ordering" else GAP,
    )


def _long(tasks: list[float]) -> str:
    return f"{len(tasks)}, the longest {ms(max(tasks))}" if tasks else "none"


TARGETS = (
    Target(
        "click to first row painted, cold, median (worst)",
        "≤ 150 ms",
        lambda f: f"{ms(f['click']['p50'])} ({ms(f['click']['worst'])})",
        lambda f: f["click"]["p50"] <= 150,
        lambda f: f"{ms(f['click']['p50'])} ({ms(f['click']['worst'])})",
    ),
    Target(
        "the same with the kernel's caches dropped",
        "",
        lambda f: f"{ms(f['uncached_click']['p50'])} ({ms(f['uncached_click']['worst'])})",
        None,
    ),
    Target(
        "stock order ready",
        "≤ 2.5 s at 1M, ≤ 12 s at 6M",
        lambda f: f"{f['wire']['order']['ready_s']:.1f} s",
        lambda f: f["wire"]["order"]["ready_s"] <= (2.5 if f["count"] <= 1_000_000 else 12),
    ),
    Target(
        "warm page of 200 anywhere, p50 / p95 / p99",
        "p99 ≤ 15 ms",
        lambda f: three(f["wire"]["page_ms"]),
        lambda f: f["wire"]["page_ms"]["p99"] <= 15,
    ),
    Target(
        "jump anywhere to painted, p50 / p95 / p99",
        "p99 ≤ 60 ms",
        lambda f: three(f["stay"]["jumps"]["ms"]),
        lambda f: f["stay"]["jumps"]["ms"]["p99"] <= 60,
        lambda f: three(f["stay"]["jumps"]["ms"]),
    ),
    Target(
        "filter typed to painted, median (worst)",
        "",
        lambda f: f"{ms(f['stay']['filter_ms']['typed']['p50'])} ({ms(f['stay']['filter_ms']['typed']['worst'])})",
        None,
        lambda f: f"{ms(f['stay']['filter_ms']['typed']['p50'])} ({ms(f['stay']['filter_ms']['typed']['worst'])})",
    ),
    Target(
        "snapshot memory, steady / peak",
        "≤ 200 / 500 MB at 6M",
        lambda f: f"{amount(f['wire']['order']['steady_bytes'])} / {amount(f['wire']['order']['peak_bytes'])}",
        lambda f: f["wire"]["order"]["steady_bytes"] <= 200 * MB and f["wire"]["order"]["peak_bytes"] <= 500 * MB,
        lambda f: f"{amount(f['wire']['steady_bytes'])} / {amount(f['wire']['peak_bytes'])}",
    ),
    _delay("ordering"),
    _delay("filtering"),
    _delay("sorting_by_time"),
    Target(
        "another user's request while it scans and sorts, p99 / max",
        "",
        lambda f: tail(f["wire"]["ordering"]["status_ms"]),
        None,
        lambda f: tail(f["wire"]["listing"]["status_ms"]),
    ),
    Target(
        "a poll when nothing changed: p50 / p99, bytes",
        "≤ 10 ms, < 1 KB",
        lambda f: (
            f"{ms(f['wire']['poll_ms']['p50'])} / {ms(f['wire']['poll_ms']['p99'])}, {amount(f['wire']['poll_bytes'])}"
        ),
        lambda f: f["wire"]["poll_ms"]["p99"] <= 10 and f["wire"]["poll_bytes"] < 1000,
        lambda f: f"{ms(f['wire']['poll_ms']['p50'])}, {amount(f['wire']['poll_bytes'])}",
    ),
    Target(
        "page freezes (> 50 ms) while idle and polling",
        "none",
        lambda f: _long(f["stay"]["idle"]["longTasks"]),
        lambda f: not f["stay"]["idle"]["longTasks"],
        lambda f: _long(f["stay"]["idle"]["longTasks"]),
    ),
    Target(
        "a file made through JupyterLab stands in its place, median (worst)",
        "≤ 300 ms at 1M",
        lambda f: f"{ms(f['stay']['changes']['created']['p50'])} ({ms(f['stay']['changes']['created']['worst'])})",
        lambda f: f["count"] > 1_000_000 or f["stay"]["changes"]["created"]["p50"] <= 300,
        lambda f: f"{ms(f['stay']['changes']['created']['p50'])} ({ms(f['stay']['changes']['created']['worst'])})",
    ),
    Target(
        "a renamed one, from Enter on",
        "≤ 300 ms at 1M",
        lambda f: f"{ms(f['stay']['changes']['renamed']['p50'])} ({ms(f['stay']['changes']['renamed']['worst'])})",
        lambda f: f["count"] > 1_000_000 or f["stay"]["changes"]["renamed"]["p50"] <= 300,
        lambda f: f"{ms(f['stay']['changes']['renamed']['p50'])} ({ms(f['stay']['changes']['renamed']['worst'])})",
    ),
    Target(
        "one made by another program",
        "≤ 300 ms at 1M",
        lambda f: f"{ms(f['stay']['changes']['appeared']['p50'])} ({ms(f['stay']['changes']['appeared']['worst'])})",
        lambda f: f["count"] > 1_000_000 or f["stay"]["changes"]["appeared"]["p50"] <= 300,
        lambda f: f"{ms(f['stay']['changes']['appeared']['p50'])} ({ms(f['stay']['changes']['appeared']['worst'])})",
    ),
    Target(
        "page memory (live JavaScript objects)",
        "",
        lambda f: amount(f["stay"]["heap_bytes"]),
        None,
        lambda f: amount(f["stay"]["heap_bytes"]),
    ),
)


def _cell(figures: Figures, show: Callable[[Figures], str]) -> str:
    try:
        return show(figures)
    except (KeyError, TypeError):
        # Not measured in this run; `run.py` lists why.
        return GAP


def _verdict(target: Target, of_ours: Iterable[Figures]) -> str:
    if target.met is None:
        return ""
    verdicts = []
    for figures in of_ours:
        try:
            verdicts.append(target.met(figures))
        except (KeyError, TypeError):
            continue
    if not verdicts:
        return GAP
    return "yes" if all(verdicts) else "**no**"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def targets(ours: list[Figures], stock: list[Figures]) -> str:
    """What it must reach, beside what was reached and stock JupyterLab."""
    head = ["", "target", *(f"{size(f['count'])} files" for f in ours), "met"]
    head += [f"stock, {size(f['count'])}" for f in stock]
    rows = [
        [
            target.title,
            target.aim,
            *(_cell(figures, target.show) for figures in ours),
            _verdict(target, ours),
            *(_cell(figures, target.of_stock) for figures in stock),
        ]
        for target in TARGETS
    ]
    return _table(head, [row for row in rows if {*row[2 : 2 + len(ours)]} != {GAP}])


def clicks(by_flavour: dict[str, dict[str, Figures]]) -> str:
    """Click to first row by size of the directory."""
    sizes = sorted({int(count) for by_size in by_flavour.values() for count in by_size})
    rows = []
    for count in sizes:
        cells = []
        for flavour in ("ours", "stock"):
            figures = by_flavour.get(flavour, {}).get(str(count))
            cells.append(f"{ms(figures['p50'])} ({ms(figures['worst'])}, n = {figures['count']})" if figures else GAP)
        rows.append([f"{count:,}", *cells])
    return _table(["files", "with us: median (worst)", "stock"], rows)


def start_up(figures: Figures) -> str:
    """The start of JupyterLab with us and without."""
    rows = []
    for moment, title in (("restored", "JupyterLab calls itself restored"), ("first_row", "first row of the browser")):
        one = figures[moment]
        rows.append(
            [title, ms(one["ours_ms"]["p50"]), ms(one["stock_ms"]["p50"]), f"{one['difference_ms']['p50']:+.0f} ms"]
        )
    weight = figures["weight"]
    text = _table(["from navigation until", "with us", "stock", "difference, median of pairs (target ≤ +100 ms)"], rows)
    return (
        f"{text}\n\nThe page loads {weight['raw'] / 1000:.0f} KB of ours at its start in {weight['files']} files "
        f"({weight['gzip'] / 1000:.0f} KB where a proxy compresses); the target is ≤ 250 KB."
    )


def report(results: Figures) -> str:
    """The whole text."""
    parts = []
    taken_on = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    parts.append(f"Measured on: {taken_on}. Load before and after: {results['load'][0]:.1f}, {results['load'][1]:.1f}.")
    ours = [{**figures, "count": int(count)} for count, figures in results.get("ours", {}).items()]
    stock = [{**figures, "count": int(count)} for count, figures in results.get("stock", {}).items()]
    if ours or stock:
        parts.append(targets(ours, stock))
    if results.get("clicks"):
        parts.append("Double click on the folder until its first row is painted:\n\n" + clicks(results["clicks"]))
    if results.get("start_up"):
        parts.append(start_up(results["start_up"]))
    if results.get("gaps"):
        parts.append("Not measured:\n\n" + "\n".join(f"- {gap}" for gap in results["gaps"]))
    return "\n\n".join(parts) + "\n"
