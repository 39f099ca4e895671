"""Reads the tables of the load benchmark, results/load.md."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).parents[1] / "results"

Row = Mapping[str, float]  # by the column's heading; empty cells are left out


def load_rows(path: Path = RESULTS / "load.md") -> dict[str, dict[str, Row]]:
    """Return all tables, by scenario and contender."""
    tables: dict[str, dict[str, Row]] = {}
    heading = ""
    for line in path.read_text().splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| | deliveries/s"):
            columns = _cells(line)
            tables[heading] = {}
        elif line.startswith("| ") and heading in tables:
            name, *values = _cells(line)
            tables[heading][name.partition(" (")[0]] = _row(columns[1:], values)
    return tables


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _row(columns: list[str], values: list[str]) -> Row:
    return {
        column: float(value.rstrip("%").replace(",", "")) / (100 if value.endswith("%") else 1)
        for column, value in zip(columns, values, strict=True)
        if value and value[0].isdigit() and not value.endswith("x")
    }
