"""Fits the parameters: each so that the simulation of one scenario agrees with the measurement.

The other scenarios are not used here: the model is checked against them.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from benchmarks.capacity.measurements import Row
from benchmarks.capacity.parameters import Parameters
from benchmarks.capacity.scenarios import CPU, OURS, SCENARIOS, STORM, Scenario

# Each parameter is changed while the others stay fixed, until none changes by this share; that
# usually takes three rounds.
CLOSE: Final = 0.01
MOST_ROUNDS: Final = 10
# Large enough that the slope is not dominated by one more or one less event-loop turn.
STEP: Final = 1.3
IDLE: Final = "10,000 idle, then one message after the other"


def fit(known: Parameters, rows: Mapping[str, Mapping[str, Row]]) -> Parameters:
    """Return ``known`` with the parameters that follow from load.md, read or fitted."""
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
    """Return ``known`` with one parameter set so that CPU per delivery is as measured.

    CPU per delivery is nearly linear in the parameter.
    """
    name = scenario.fitted
    value = getattr(known, name)
    now_us, more_us = (
        scenario.run(replace(known, **{name: tried}), row).cpu_us_per_delivery or 0.0
        for tried in (value, value * STEP)
    )
    slope = (more_us - now_us) / (value * (STEP - 1))
    wanted = value + (row[CPU] - now_us) / slope
    # One noisy figure must not move a parameter by more than a factor of three.
    return replace(known, **{name: min(max(wanted, value / 3), value * 3)})
