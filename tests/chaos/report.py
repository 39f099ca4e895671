"""Summarises the log lines that no fault explains. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

# Further records usually repeat these; the file has all.
MAX_RECORDS: Final = 20
# The lines kept of a record: its first ones, and its last ones, which name a traceback's error.
HEAD: Final = 3
TAIL: Final = 5

_BEGINS: Final = re.compile(r"\d{4}-\d\d-\d\dT")


def summary(lines: Sequence[str]) -> Iterator[str]:
    """Yield the first records of ``lines``, each shortened in its middle."""
    records = list(_records(lines))
    for record in records[:MAX_RECORDS]:
        if len(record) > HEAD + TAIL:
            left_out = len(record) - HEAD - TAIL
            record = [*record[:HEAD], f"    … {left_out} lines …", *record[-TAIL:]]
        yield from (line.rstrip() for line in record)
    if len(records) > MAX_RECORDS:
        yield f"… and {len(records) - MAX_RECORDS} more"


def _records(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield each record with the lines that belong to it, such as a traceback."""
    record: list[str] = []
    for line in lines:
        if _BEGINS.match(line) and record:
            yield record
            record = []
        record.append(line)
    if record:
        yield record
