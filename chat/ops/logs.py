"""How log lines are written: as text for people, or each as a JSON object for machines.

One record is one line, whatever is in it: what people chose (a name, a path) can neither end a
line nor speak to a terminal.
"""

import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from chat import log_context

FORMATS: Final = ("text", "json")
# Nothing below: the libraries' own debugging lines hold what people write to each other.
LEVELS: Final = ("info", "warning", "error")

# Control characters (CR, LF, ESC …), separators of lines, what turns the direction of writing,
# and halves of surrogate pairs, which no encoding has.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def configure(format_: str, level: str, *, instance: str) -> None:
    """Have all of the process's log lines go to standard error, those from ``level`` up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(instance) if format_ == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


class TextFormatter(logging.Formatter):
    """``time level logger: message [request … session …]``, and tracebacks indented below."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname} {record.name}: {one_line(record.getMessage())}"
        if about := " ".join(f"{name} {value}" for name, value in _context().items()):
            line += f" [{about}]"
        for part in _exception(self, record):
            line += f"\n    {part}"  # nothing from outside stands where a line begins
        return line


class JsonFormatter(logging.Formatter):
    """A JSON object: docs/operations.md lists its fields."""

    def __init__(self, instance: str) -> None:
        super().__init__()
        self._instance = instance

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": one_line(record.getMessage()),
            "instance": self._instance,
            **_context(),
        }
        for name, value in getattr(record, "fields", {}).items():
            fields[name] = one_line(value) if isinstance(value, str) else value
        if exception := _exception(self, record):
            fields["exception"] = exception
        return msgspec.json.encode(fields).decode()


def one_line(text: str) -> str:
    """Return ``text`` with what could do more than be read as an escape, as Python writes it."""
    if text.isprintable():
        return text
    return _UNSAFE.sub(lambda match: ascii(match[0])[1:-1], text)


def _time(record: logging.LogRecord) -> str:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return time.replace("+00:00", "Z")


def _context() -> dict[str, str]:
    about = {"request": log_context.request_id.get(), "session": log_context.session_id.get()}
    return {name: one_line(value) for name, value in about.items() if value is not None}


def _exception(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    """Return the lines of what went wrong, if anything did."""
    text = formatter.formatException(record.exc_info) if record.exc_info else ""
    text += record.stack_info or ""
    return [one_line(line) for line in text.split("\n") if line]
