"""What a check has found, and what to do about it."""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"  # good to know; nothing has to be done
    PROBLEM = "problem"


class Finding(NamedTuple):
    area: str  # settings, store, redis, instances, proxy …
    level: Level
    what: str
    todo: str = ""


def ok(area: str, what: str) -> Finding:
    return Finding(area, Level.OK, what)


def note(area: str, what: str, todo: str = "") -> Finding:
    return Finding(area, Level.NOTE, what, todo)


def problem(area: str, what: str, todo: str) -> Finding:
    return Finding(area, Level.PROBLEM, what, todo)
