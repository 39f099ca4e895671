"""The tables of docs/capacity.md."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Final

from benchmarks.capacity.deployment import TARGET, Demand, Need, following, reconnect, size
from benchmarks.capacity.measurements import Row
from benchmarks.capacity.parameters import Parameters
from benchmarks.capacity.scenarios import SCENARIOS, simulated

CLOSE: Final = 0.2  # the largest error that the model should have
MILLION: Final = 1_000_000
PART: Final = 1 / 50  # the share of the clients that an instance's death disconnects

DEMANDS: Final[Sequence[Demand]] = (
    Demand(MILLION, 5, 0.05),
    Demand(MILLION, 500, 0.1),
    Demand(MILLION, 500, 1.0),
    Demand(MILLION, 50_000, 0.1),
    Demand(MILLION, 50_000, 1.0),
)


def parameters(known: Parameters) -> str:
    lines = ["| parameter | | what | from |", "|---|---:|---|---|"]
    for field in fields(known):
        value, known_by = getattr(known, field.name), field.metadata
        lines.append(
            f"| `{field.name}` | {_short(value)} | {known_by['what']} | {known_by['source']} |"
        )
    return "\n".join(lines)


def limits(known: Parameters) -> str:
    """Return how much of each kind of work one core does at TARGET, if it does nothing else."""
    rows = {
        "instance: connections kept, nothing said": known.idle_us_per_s,
        "instance: messages taken in and followed, its own disk": known.take_us + known.follow_us,
        "instance: messages taken in, Redis": known.redis_take_us,
        "instance: messages heard from Redis": known.hear_us,
        "instance: writes to readers, each with all that came meanwhile": known.write_us,
        "instance: polls": known.poll_us,
        "instance: connects, its own disk": known.connect_us,
        "instance: connects, Redis": known.attach_us,
    } | {
        f"Redis: messages, each to {instances} instance{'s' * (instances > 1)}": (
            known.redis_message_us + known.redis_push_us * instances
        )
        for instances in (1, 5, 20, 100)
    }
    lines = [f"| a core at {TARGET:.0%} | a second, or at once |", "|---|---:|"]
    lines += [f"| {what} | {_short(TARGET * 1e6 / cost_us)} |" for what, cost_us in rows.items()]
    return "\n".join(lines)


def comparison(known: Parameters, rows: Mapping[str, Mapping[str, Row]]) -> str:
    lines = [
        "| scenario | figure | measured | simulated | difference | |",
        "|---|---|---:|---:|---:|---|",
    ]
    for scenario in SCENARIOS:
        row = rows[scenario.name][scenario.contender]
        found = simulated(scenario.run(known, row))
        for figure in scenario.figures:
            value = found[figure]
            assert value is not None
            off = value / row[figure] - 1
            told = f"{off:+.0%}" if abs(off) <= CLOSE else f"**{off:+.0%}**"
            is_fitted = scenario.fitted and figure == "CPU µs/delivery"
            use = f"fits `{scenario.fitted}`" if is_fitted else "checks"
            lines.append(
                f"| {scenario.name} | {figure} | {row[figure]:,.10g} | {_short(value)} | "
                f"{told} | {use} |"
            )
    return "\n".join(lines)


def million(known: Parameters, *, reads_presence: bool = True) -> str:
    lines = [
        "| rooms of | messages/s a room | messages/s | deliveries/s | instances | GB each | "
        "Redis nodes | commands/s | Mbit/s from Redis | most of an instance | most of Redis | "
        "followers |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---|---:|",
    ]
    lines += [_sized(known, demand, reads_presence) for demand in DEMANDS]
    return "\n".join(lines)


def _sized(known: Parameters, demand: Demand, reads_presence: bool) -> str:
    found = size(known, demand, reads_presence=reads_presence)
    used = sum(found.instance.values())
    instances = f"{found.instances:,}"
    if used > TARGET:
        instances = f"**none is enough**: {found.instances:,} are {used:.0%} busy"
    cells = [
        f"{demand.room:,}",
        f"{demand.per_s:g}",
        f"{demand.messages_per_s:,.0f}",
        f"{demand.messages_per_s * demand.room:,.0f}",
        instances,
        f"{found.memory_bytes / 1e9:.2f}",
        f"{found.nodes:,}",
        f"{found.commands_per_s:,.0f}",
        f"{found.redis_out_bytes_per_s * 8 / 1e6:,.0f}",
        _most(found.instance),
        _most(found.redis),
        f"+{following(known, demand, found.instances):.0%}",
    ]
    return f"| {' | '.join(cells)} |"


def _most(parts: Mapping[str, float]) -> str:
    cause = max(parts, key=lambda part: parts[part])
    return f"{cause} ({parts[cause] / sum(parts.values()):.0%})"


def storms(known: Parameters, *, reads_presence: bool = True) -> str:
    lines = [
        "| rooms of | clients to each instance | instances, s | Redis, s | its network, s |",
        "|---:|---:|---:|---:|---:|",
    ]
    lines += _storms(known, reads_presence)
    return "\n".join(lines)


def _storms(known: Parameters, reads_presence: bool) -> Iterator[str]:
    seen = set()
    for demand in DEMANDS:
        if demand.room in seen:
            continue
        seen.add(demand.room)
        sized: Need = size(known, demand, reads_presence=reads_presence)
        if sum(sized.instance.values()) > TARGET:
            yield f"| {demand.room:,} | no number of instances is enough | | | |"
            continue
        found = reconnect(known, demand, sized, part=PART, reads_presence=reads_presence)
        each = demand.clients * PART / (sized.instances * (1 - PART))
        yield (
            f"| {demand.room:,} | {each:,.0f} | {_short(found.instances_s)} | "
            f"{_short(found.redis_s)} | {_short(found.network_s)} |"
        )


def _short(value: float) -> str:
    """Return ``value`` with three significant digits."""
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"
