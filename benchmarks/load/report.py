"""Writes the measurements as tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.load.figures import Figures
from benchmarks.load.rounds import Round, middle, of, typical
from benchmarks.load.targets import TARGETS
from benchmarks.machine import about, peers

HERE = Path(__file__).parents[1]

OURS: Final = "ours"
# The columns: heading, number format, source.
COLUMNS: Final[Mapping[str, tuple[str, Callable[[Figures], float | None]]]] = {
    "deliveries/s": (",.0f", lambda figures: figures.deliveries_per_s),
    "CPU µs/delivery": (".2f", lambda figures: figures.cpu_us_per_delivery),
    OURS: (".1f", lambda figures: None),  # computed from two figures: see _ours
    "p50 ms": (".1f", lambda figures: figures.latency_ms(0.5)),
    "p95 ms": (".1f", lambda figures: figures.latency_ms(0.95)),
    "p99 ms": (".1f", lambda figures: figures.latency_ms(0.99)),
    "bytes/message": (".0f", lambda figures: figures.bytes_per_message),
    "KiB/connection": (".1f", lambda figures: _kib(figures.memory_bytes_per_connection)),
    "CPU µs/connect": (".0f", lambda figures: figures.cpu_us_per_connect),
    "bytes/message on disk": (".0f", lambda figures: figures.disk_bytes_per_message),
    "server busy": (".0%", lambda figures: figures.server_busy),
    "generator busy": (".0%", lambda figures: figures.generator_busy),
}


def report(rounds: Sequence[Round]) -> str:
    """Return the page. All ``rounds`` have the same scenarios and contenders."""
    lines = [
        "# How fast",
        "",
        "One process a server, on a core of its own; readers and speakers on the other. Servers "
        "are measured in turn, each alone; Redis shares the servers' core. CPU is the server's, "
        "its threads' and its Redis's; *ours* is how many times less of it Parley takes for a "
        "delivery. Latency: from the moment something is said to the moment that it is heard by "
        "one of 20 members who are spread over all; of what is posted to nobody, to the moment "
        "that it is answered. `limit` is no peer: it is what pure Python "
        "must do at least, one write for each member and turn, and nothing else."
        + (
            f" Of {len(rounds)} rounds through all of it, each figure's median; ratios are of one "
            "round, and then their median."
            if len(rounds) > 1
            else ""
        ),
        "",
    ]
    for scenario in rounds[0]:
        lines += [*_table(rounds, scenario), ""]
    lines += [
        *_targets(rounds),
        "",
        *about(),
        f"- Peers: {', '.join(peers())}, nchan as Debian has it",
    ]
    return "\n".join(lines) + "\n"


def _table(rounds: Sequence[Round], scenario: str) -> Iterator[str]:
    yield f"## {scenario}"
    yield ""
    yield "| | " + " | ".join(COLUMNS) + " |"
    yield "|---|" + "---:|" * len(COLUMNS)
    contenders = dict(of(rounds, scenario))
    ours = next(iter(contenders.values()))
    for name, figures in contenders.items():
        yield f"| {name}{_losses(figures)} | " + " | ".join(_cells(figures, ours)) + " |"


def _losses(figures: Sequence[Figures]) -> str:
    lost = max(one.lost for one in figures)
    return f" ({lost} members missed something)" if lost else ""


def _cells(figures: Sequence[Figures], ours: Sequence[Figures]) -> Iterator[str]:
    for column, (form, figure) in COLUMNS.items():
        if column == OURS:
            value = None if figures is ours else _ours(figures, ours)
            yield "" if value is None else f"{value:{form}} x"
        else:
            value = typical(figures, figure)
            yield "" if value is None else format(value, form)


def _ours(theirs: Sequence[Figures], ours: Sequence[Figures]) -> float | None:
    """Return how many times less CPU Parley takes for a delivery."""
    costs_us = [
        (their.cpu_us_per_delivery, our.cpu_us_per_delivery)
        for their, our in zip(theirs, ours, strict=True)
    ]
    return middle(their_us / our_us for their_us, our_us in costs_us if their_us and our_us)


def _kib(size_bytes: float | None) -> float | None:
    return None if size_bytes is None else size_bytes / 1024


def _targets(rounds: Sequence[Round]) -> Iterator[str]:
    yield "## Targets"
    yield ""
    yield "| | target | measured | least to most of a round | |"
    yield "|---|---:|---:|---:|---|"
    for target in TARGETS:
        try:
            values = target.values(rounds)
        except KeyError:  # not every scenario was measured
            continue
        sense = "at least" if target.is_at_least else "at most"
        verdict = "met" if target.is_met(rounds) else "**missed**"
        yield (
            f"| {target.what} | {sense} {target.bound:g} {target.unit} | "
            f"{target.value(rounds):.2f} {target.unit} | "
            f"{min(values):.2f} to {max(values):.2f} | {verdict} |"
        )
