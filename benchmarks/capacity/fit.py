"""The parameters that make the simulation show what was measured, each in one scenario.

The other scenarios are not looked at here: they are what the model is checked on.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from benchmarks.capacity.measurements import Row
from benchmarks.capacity.parameters import Parameters
from benchmarks.capacity.scenarios import CPU, OURS, SCENARIOS, STORM, Scenario

# Each parameter is moved while the others stand, until none moves by this share; they are near in
# three rounds, as a rule.
CLOSE: Final = 0.01
MOST_ROUNDS: Final = 10
# Wide enough that a turn more or less, which a small one may make, is not taken for the slope.
STEP: Final = 1.3
IDLE: Final = "10,000 idle, then one message after the other"


def fit(known: Parameters, rows: Mapping[str, Mapping[str, Row]]) -> Parameters:
    """Return ``known`` with what load.md tells."""
    row = rows[IDLE][OURS]
    known = replace(
        known,
        connect_us=row["CPU µs/connect"],
        return_us=rows[STORM][OURS]["CPU µs/connect"],
        reader_bytes=1024 * row["KiB/connection"],
        message_bytes=row["bytes/message"],
    )
    for _ in range(MOST_ROUNDS):
        before = known
        for scenario in SCENARIOS:
            if scenario.fitted:
                known = _move(known, scenario, rows[scenario.name][scenario.contender])
        if all(_is_near(known, before, scenario.fitted) for scenario in SCENARIOS):
            break
    return known


def _is_near(known: Parameters, before: Parameters, name: str) -> bool:
    return not name or abs(getattr(known, name) / getattr(before, name) - 1) < CLOSE


def _move(known: Parameters, scenario: Scenario, row: Row) -> Parameters:
    """Set one parameter where CPU per delivery, near enough a line in it, is as measured."""
    name = scenario.fitted
    value = getattr(known, name)
    now_us, more_us = (
        scenario.run(replace(known, **{name: tried}), row).cpu_us_per_delivery or 0.0
        for tried in (value, value * STEP)
    )
    slope = (more_us - now_us) / (value * (STEP - 1))
    wanted = value + (row[CPU] - now_us) / slope
    # What is told of a parameter by one noisy figure must not carry it off.
    return replace(known, **{name: min(max(wanted, value / 3), value * 3)})
