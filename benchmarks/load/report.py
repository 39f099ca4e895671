"""What was measured, as tables."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.load.runs import Figures
from benchmarks.load.targets import TARGETS, Measured
from benchmarks.machine import about, peers

HERE = Path(__file__).parents[1]
LIMIT = "limit"  # no peer, so that no ratio is given


def report(measured: Measured, rounds: int) -> str:
    lines = [
        "# How fast",
        "",
        "One process a server, on a core of its own; readers and speakers on the other. Servers "
        "are measured in turn, each alone; Redis shares the servers' core. CPU is the server's, "
        "its threads' and its Redis's; *ours* is how many times less of it Parley takes for a "
        "delivery. Latency: from the moment something is said to the moment that it is heard by "
        "one of 20 members who are spread over all. `limit` is no peer: it is what pure Python "
        "must do at least, one write for each member and turn, and nothing else."
        + (
            f" Of {rounds} rounds, in which they took turns, the best: one for cost, one for "
            "latency, one for connecting."
            if rounds > 1
            else ""
        ),
        "",
    ]
    for scenario, contenders in measured.items():
        lines += [*_table(scenario, contenders), ""]
    lines += [
        *_targets(measured),
        "",
        *about(),
        f"- Peers: {', '.join(peers())}, nchan as Debian has it",
    ]
    return "\n".join(lines) + "\n"


def _table(scenario: str, contenders: dict[str, Figures] | Measured) -> Iterator[str]:
    yield f"## {scenario}"
    yield ""
    yield (
        "| | deliveries/s | CPU µs/delivery | ours | p50 ms | p95 ms | p99 ms | bytes/message | "
        "KiB/connection | CPU µs/connect | server busy | generator busy |"
    )
    yield "|---|" + "---:|" * 11
    ours = next(iter(contenders.values()))
    for name, figures in contenders.items():
        yield f"| {name}{_losses(figures)} | " + " | ".join(_cells(figures, ours)) + " |"


def _losses(figures: Figures) -> str:
    return f" ({figures.lost} members missed something)" if figures.lost else ""


def _cells(figures: Figures, ours: Figures) -> Iterator[str]:
    yield _number(figures.deliveries_per_s, ",.0f")
    yield _number(figures.cpu_us_per_delivery, ".2f")
    theirs_us, ours_us = figures.cpu_us_per_delivery, ours.cpu_us_per_delivery
    is_other = figures is not ours and theirs_us is not None and ours_us is not None
    yield f"{theirs_us / ours_us:.1f} x" if is_other else ""
    for share in (0.5, 0.95, 0.99):
        yield _number(figures.latency_ms(share), ".1f")
    yield _number(figures.bytes_per_message, ".0f")
    memory_bytes = figures.memory_bytes_per_connection
    yield _number(None if memory_bytes is None else memory_bytes / 1024, ".1f")
    yield _number(figures.cpu_us_per_connect, ".0f")
    yield _number(figures.server_busy, ".0%")
    yield _number(figures.generator_busy, ".0%")


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _targets(measured: Measured) -> Iterator[str]:
    yield "## Targets"
    yield ""
    yield "| | target | measured | |"
    yield "|---|---:|---:|---|"
    for target in TARGETS:
        try:
            value = target.value(measured)
        except KeyError:  # only some of it was measured
            continue
        sense = "at least" if target.is_at_least else "at most"
        verdict = "met" if target.is_met(measured) else "**missed**"
        yield (
            f"| {target.what} | {sense} {target.bound:g} {target.unit} | "
            f"{value:.2f} {target.unit} | {verdict} |"
        )
