"""Logs which code ran while the event loop was blocked.

An instance does all its work in turns of one loop. A turn that waits for a disk, or computes for
long, makes all clients wait, and nothing in that turn can notice. So a thread asks the loop for a
sign of life from time to time, and looks at the loop's stack when none comes.
"""

import asyncio
import logging
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

log: Final = logging.getLogger(__name__)

# A person who types notices a longer delay. The slowest work that we do on purpose, rendering 4,000
# of the worst characters, takes a tenth of this.
SLOW_S: Final = 0.5
# So any turn of 0.75 s is found, at the cost of four wake-ups of some 50 µs a second.
ASK_EVERY_S: Final = 0.25
# A loop that is blocked again and again must not fill the log.
WARN_EVERY_S: Final = 60.0
FRAMES: Final = 12

_ROOT: Final = Path(__file__).parents[2]


class _Sample(NamedTuple):
    """The times of the loop's thread at one moment, in seconds."""

    at_s: float
    processor_s: float
    queued_s: float  # it was runnable, but the processor ran others


class Watchdog:
    """Watches the loop that it is started on, from start to stop."""

    def __init__(self, *, slow_s: float = SLOW_S, ask_every_s: float = ASK_EVERY_S) -> None:
        self.stalls = 0
        self._slow_s = slow_s
        self._ask_every_s = ask_every_s
        self._is_stopped = threading.Event()
        self._has_answered = threading.Event()
        self._warned_at_s: float | None = None
        self._unlogged = 0

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._watched = threading.current_thread()
        threading.Thread(target=self._run, name="parley-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Stop watching; the thread ends by itself, at once."""
        self._is_stopped.set()
        self._has_answered.set()

    # The methods below run in the thread.

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            began = self._sample()
            if self._is_stopped.wait(self._ask_every_s):
                return
            # C code that keeps the interpreter's lock lets no other thread run: we are late, too.
            held_s = time.monotonic() - began.at_s - self._ask_every_s
            if held_s >= self._slow_s and self._has_found(began, held_s, late_s=held_s):
                continue
            self._has_answered.clear()
            try:
                self._loop.call_soon_threadsafe(self._has_answered.set)
            except RuntimeError:  # the loop is closed
                return
            self._await_answer()

    def _await_answer(self) -> None:
        while not self._is_stopped.is_set():
            began = self._sample()
            if self._has_answered.wait(self._slow_s):
                return
            held_s = time.monotonic() - began.at_s
            if self._has_found(began, held_s, late_s=held_s - self._slow_s):
                self._has_answered.wait()
                return

    def _has_found(self, began: _Sample, held_s: float, *, late_s: float) -> bool:
        now, stack = self._sample(), self._stack()
        is_found = stack != "" and is_its_own_doing(
            held_s=held_s,
            processor_s=now.processor_s - began.processor_s,
            queued_s=now.queued_s - began.queued_s,
            late_s=late_s,
        )
        if is_found:
            self.stalls += 1
            self._warn(held_s, stack)
        return is_found

    def _warn(self, held_s: float, stack: str) -> None:
        now = time.monotonic()
        if self._warned_at_s is not None and now - self._warned_at_s < WARN_EVERY_S:
            self._unlogged += 1
            return
        more = f" ({self._unlogged} more since this was last said)" if self._unlogged else ""
        text = "The event loop is held up, for %.2f s by now; everybody waits for %s%s"
        log.warning(text, held_s, stack, more)
        self._warned_at_s, self._unlogged = now, 0

    def _stack(self) -> str:
        """Return the loop's stack, innermost first; an empty string if it waits for work."""
        frame = sys._current_frames().get(self._watched.ident or 0)
        if frame is None or Path(frame.f_code.co_filename).name == "selectors.py":
            return ""
        names = []
        while frame is not None and not _is_loop(frame):
            names.append(_name(frame))
            frame = frame.f_back
        return " < ".join(names[:FRAMES]) or "the loop itself"

    def _sample(self) -> _Sample:
        """Return the thread's times now; 0 for those that the system does not tell."""
        processor_s = queued_s = 0.0
        if hasattr(time, "pthread_getcpuclockid"):  # not on macOS
            clock = time.pthread_getcpuclockid(self._watched.ident or 0)
            processor_s = time.clock_gettime(clock)
        try:  # Linux: the nanoseconds that it ran, and that it waited to run
            path = Path(f"/proc/self/task/{self._watched.native_id}/schedstat")
            queued_s = int(path.read_text().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            pass
        return _Sample(time.monotonic(), processor_s, queued_s)


def is_its_own_doing(*, held_s: float, processor_s: float, queued_s: float, late_s: float) -> bool:
    """Return whether the loop's own code blocked it, and not a machine that ran nothing of us.

    ``late_s`` is how late the watching thread itself was. All threads of a process are late if it
    was stopped, or has no share of the processor left. They are also late while C code computes
    without releasing the interpreter's lock; but then the loop's thread has used the processor.
    """
    if processor_s >= held_s / 2:
        return True
    return queued_s < held_s / 2 and late_s < held_s / 2


def _is_loop(frame: FrameType) -> bool:
    """Return whether asyncio runs its callbacks in ``frame``: below it all stacks are alike."""
    return Path(frame.f_code.co_filename).parts[-2:] == ("asyncio", "events.py")


def _name(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename)
    shown = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else Path(*path.parts[-2:])
    return f"{frame.f_code.co_name} ({shown}:{frame.f_lineno})"
