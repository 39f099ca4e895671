"""Log output: writes log lines as text for people, or as JSON objects for machines.

One record is one line, whatever it contains: text from users (a name, a path) can neither end a
line nor control a terminal. Only tracebacks in text add indented lines.
"""

import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import msgspec

from chat import log_context
from chat.ops.repeats import SPAN_S, HeldBack, Repeats

# Longer lines are cut: no path or name of this length is informative.
MAX_LINE: Final = 1000
# Lines written of the answers with one status to one address; the request rate limits successes.
FIRST_ANSWERS: Final = 10
# Lines written of those that differ only in a name or a number.
FIRST_LIKE: Final = 10
# Lines written of those that are identical; of a warning only one.
FIRST_SAME: Final = 3
# The addresses named when repeated lines are counted: those with the most lines.
MAX_NAMED: Final = 3

# Control characters (CR, LF, ESC …), line separators, characters that change the direction of
# text, and lone surrogates, which can't be encoded.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def configure(format_: str, level: str, *, instance: str) -> None:
    """Write all log lines of this process from ``level`` up to standard error."""
    handler = SamplingHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(instance) if format_ == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


class SamplingHandler(logging.StreamHandler[TextIO]):
    """Writes the first lines of each kind, and from time to time how many more there were."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self._clock = clock
        self._repeats = Repeats(now=clock())
        self._held_back: dict[str, logging.LogRecord] = {}  # the newest of each kind
        self._timer: threading.Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        kind, now = f"{record.name} {record.levelno} {record.msg}", self._clock()
        if (request := getattr(record, "fields", None)) is not None:
            kind = f"{record.name} {request['status']}"
            is_admitted = self._repeats.admits(
                kind, request["client"], first=FIRST_ANSWERS, now=now
            )
        else:
            first = FIRST_SAME if record.levelno < logging.WARNING else 1
            same = record.getMessage()[:MAX_LINE]
            is_admitted = self._repeats.admits(
                kind, same, first=first, now=now
            ) and self._repeats.admits(kind, "", first=FIRST_LIKE, now=now)
        if is_admitted:
            super().emit(record)
            return
        self._held_back[kind] = record
        if self._timer is None:
            self._timer = threading.Timer(SPAN_S, self.write_counts)
            self._timer.daemon = True
            self._timer.start()

    def write_counts(self) -> None:
        """Write how many lines were held back since the last call, if any were."""
        with self.lock or nullcontext():
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            records, self._held_back = self._held_back, {}
            for held_back in self._repeats.pop_counts():
                if (record := records.get(held_back.kind)) is not None:
                    super().emit(_counting(record, held_back))

    def close(self) -> None:
        self.write_counts()
        super().close()


def _counting(record: logging.LogRecord, held_back: HeldBack) -> logging.LogRecord:
    """Return a record with the number of lines like ``record``, the newest one held back."""
    counting = logging.makeLogRecord(record.__dict__)
    fields = getattr(record, "fields", {})
    if fields:
        named = [
            f"{count} of {source}" for source, count in held_back.sources[:MAX_NAMED] if source
        ]
        more = len(held_back.sources) - len(named)
        whose = ", ".join(named) + (f", the rest of {more} others" if more else "")
        text = f"{fields['status']} was the answer to {held_back.times:,} more requests: {whose}"
    else:
        text = f"{record.getMessage()[:MAX_LINE]} (and {held_back.times:,} more like it)"
    counting.msg, counting.args, counting.created = text, None, time.time()
    counting.exc_info = counting.stack_info = None
    status = {"status": fields["status"]} if fields else {}
    counting.fields = {**status, "count": held_back.times}
    return counting


class TextFormatter(logging.Formatter):
    """``time level logger: message [request … session …]``, and tracebacks indented below."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname} {record.name}: {one_line(record.getMessage())}"
        if about := " ".join(f"{name} {value}" for name, value in _context().items()):
            line += f" [{about}]"
        for part in _exception(self, record):
            line += f"\n    {part}"  # indented, so that text from outside never begins a line
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
    """Return ``text`` with unsafe characters written as Python escapes, cut after MAX_LINE."""
    if len(text) > MAX_LINE:
        text = f"{text[:MAX_LINE]}… ({len(text)} characters)"
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
    text = formatter.formatException(record.exc_info) if record.exc_info else ""
    text += record.stack_info or ""
    return [one_line(line) for line in text.split("\n") if line]
