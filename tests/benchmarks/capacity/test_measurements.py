from dataclasses import fields, replace
from pathlib import Path

import pytest

from benchmarks.capacity import parameters
from benchmarks.capacity.fit import fit
from benchmarks.capacity.measurements import load_rows
from benchmarks.capacity.parameters import Parameters
from benchmarks.capacity.scenarios import CPU, SCENARIOS

TABLE = """# How fast

## two

| | deliveries/s | CPU µs/delivery | ours | server busy |
|---|---:|---:|---:|---:|
| Parley | 2,913,544 | 0.32 |  | 94% |
| Other (3 members missed something) |  | 1.50 | 22.9 x | 7% |

## Targets

| | target | measured | |
|---|---:|---:|---|
| two | at least 3 x | 5.72 x | met |
"""


def test_a_report_is_read_back_with_its_units_and_without_what_is_empty(tmp_path: Path) -> None:
    (tmp_path / "load.md").write_text(TABLE)
    assert load_rows(tmp_path / "load.md") == {
        "two": {
            "Parley": {"deliveries/s": 2913544.0, "CPU µs/delivery": 0.32, "server busy": 0.94},
            "Other": {"CPU µs/delivery": 1.5, "server busy": 0.07},
        }
    }


def test_the_committed_results_have_all_that_the_model_is_held_against() -> None:
    rows = load_rows()
    for scenario in SCENARIOS:
        assert set(scenario.figures) <= rows[scenario.name][scenario.contender].keys()


def test_parameters_are_kept_as_they_were(tmp_path: Path) -> None:
    known = parameters.load()
    known.save(tmp_path / "measured.toml")
    assert parameters.load(tmp_path / "measured.toml") == known
    assert all(getattr(known, field.name) > 0 for field in fields(Parameters))


def test_a_parameter_that_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "measured.toml").write_text("take_us = 1.0\n")
    with pytest.raises(TypeError, match="missing"):
        parameters.load(tmp_path / "measured.toml")


def test_fitting_finds_a_cost_that_was_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    (writes,) = (one for one in SCENARIOS if one.fitted == "write_us")
    monkeypatch.setattr("benchmarks.capacity.fit.SCENARIOS", [writes])
    known, rows = parameters.load(), load_rows()
    row = dict(rows[writes.name][writes.contender])
    dearer = replace(known, write_us=1.4 * known.write_us)
    row[CPU] = writes.run(dearer, row).cpu_us_per_delivery or 0.0
    found = fit(known, {**rows, writes.name: {writes.contender: row}})
    assert found.write_us == pytest.approx(dearer.write_us, rel=0.01)
