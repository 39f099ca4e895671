"""Several worker processes that serve one port; a parent starts them, and restarts any that dies.

The parent listens, and the workers accept from its queue: if one dies, the others serve the
connections that wait there. With a queue for each (SO_REUSEPORT), they would be lost with it.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Final

from chat.net import listeners
from chat.net.scoreboard import Board
from chat.settings.settings import Settings

log: Final = logging.getLogger(__name__)

# The delay before a restart doubles, so that a worker that dies at once, as while a port of Redis
# is closed, is not started hundreds of times.
FIRST_DELAY_S: Final = 1.0
LONGEST_DELAY_S: Final = 30.0
# A worker that lived this long did not die from how it was started: the delay begins anew.
PROVEN_S: Final = 30.0
# A worker shows this often that its event loop runs.
BEAT_S: Final = 1.0
# A worker that shows no beat for this long is replaced: its clients wait, and half of the new
# connections get into its queue. Its longest work on purpose blocks the loop for 0.1 s.
FROZEN_S: Final = 10.0
# All workers at once read Python and our modules from a disk that may be slow.
BEGINNING_S: Final = 60.0
# A pipe that the parent never writes to: its end tells a worker that the parent is gone.
LEASH_VARIABLE: Final = "PARLEY_LEASH"
# The folder that the workers share, and the number of this worker, from 1.
FOLDER_VARIABLE: Final = "PARLEY_WORKERS"
NUMBER_VARIABLE: Final = "PARLEY_WORKER"


class Workers:
    """Runs ``settings.web_concurrency`` copies of this program, each a worker."""

    def __init__(self, settings: Settings, arguments: Sequence[str]) -> None:
        """Listen on the ports. ``arguments`` are this program's own, its file first."""
        self._count = settings.web_concurrency
        self._command = [sys.executable, *arguments]
        self._listeners = {
            setting: listeners.listen(port, settings.address, setting=setting)
            for setting, port in settings.ports.items()
        }
        self._leash = os.pipe()
        self._stopping = asyncio.Event()
        self._running: set[asyncio.subprocess.Process] = set()
        self._exit_codes: list[int] = []

    @property
    def port(self) -> int:
        return int(self._listeners["PORT"][0].getsockname()[1])

    @property
    def _all(self) -> Iterator[socket.socket]:
        return chain(*self._listeners.values())

    async def run(self) -> int:
        """Keep the workers running until stop; return the highest exit code, 0 if all end well."""
        with tempfile.TemporaryDirectory(prefix="parley-") as folder:
            self._board = Board(Path(folder), self._count)
            async with asyncio.TaskGroup() as group:
                for number in range(1, self._count + 1):
                    place = {FOLDER_VARIABLE: folder, NUMBER_VARIABLE: str(number)}
                    group.create_task(self._keep_one(place))
        self.stop()  # they may have ended because others told them to
        for end in self._leash:
            os.close(end)
        return max(self._exit_codes, default=0)

    def stop(self) -> None:
        """Stop all workers. May be called again."""
        self._stopping.set()
        # Before the workers close theirs: else new connections wait in a queue that nothing serves.
        for listener in self._all:
            listener.close()
        for process in self._running:
            _tell(process, signal.SIGTERM)

    async def _keep_one(self, place: Mapping[str, str]) -> None:
        loop = asyncio.get_running_loop()
        delay_s = FIRST_DELAY_S
        while not self._stopping.is_set():
            began_s = loop.time()
            code = await self._run_one(place)
            if self._stopping.is_set():
                self._exit_codes.append(code)
                return
            if code == os.EX_OK:  # something else told it to stop
                return
            if code == 2:  # bad settings, which it has logged; the next would fail as well
                self._exit_codes.append(code)
                self.stop()
                return
            if loop.time() - began_s >= PROVEN_S:
                delay_s = FIRST_DELAY_S
            log.error("A worker ended with %d; the next starts in %.0f s", code, delay_s)
            try:
                await asyncio.wait_for(self._stopping.wait(), delay_s)
            except TimeoutError:
                delay_s = min(2 * delay_s, LONGEST_DELAY_S)

    async def _run_one(self, place: Mapping[str, str]) -> int:
        assert not self._stopping.is_set()  # we listen
        process = await asyncio.create_subprocess_exec(
            *self._command,
            env={
                **os.environ,
                **listeners.hand_over(self._listeners),
                **place,
                LEASH_VARIABLE: str(self._leash[0]),
            },
            pass_fds=[*(listener.fileno() for listener in self._all), self._leash[0]],
        )
        log.info("Worker %d has been started", process.pid)
        self._running.add(process)
        if self._stopping.is_set():  # stop was called while it was started
            _tell(process, signal.SIGTERM)
        number = int(place[NUMBER_VARIABLE])
        watching = asyncio.create_task(self._kill_if_frozen(process, number))
        try:
            return await process.wait()
        finally:
            watching.cancel()
            self._board.serves(number, None)
            self._running.discard(process)

    async def _kill_if_frozen(self, process: asyncio.subprocess.Process, number: int) -> None:
        """Kill a worker whose event loop does not run: stopped, or blocked for good.

        Time is counted in turns of our own loop, which a suspended or busy machine delays as well.
        """
        beats, silent_s, most_s = self._board.beats(number), 0.0, BEGINNING_S
        while silent_s < most_s:
            await asyncio.sleep(BEAT_S)
            silent_s += BEAT_S
            if (now := self._board.beats(number)) != beats:
                beats, silent_s, most_s = now, 0.0, FROZEN_S
        log.error("Worker %d shows no life for %.0f s, and is killed", process.pid, most_s)
        _tell(process, signal.SIGKILL)


def _tell(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    # Not Process.send_signal, which first polls whether the process has ended. If it has, that
    # takes the exit code away from the thread that waits for it, which then reports 255.
    if process.returncode is None:
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(process.pid, number)


def is_worker() -> bool:
    """Return whether this process is a worker, started by a parent."""
    return LEASH_VARIABLE in os.environ


def place() -> tuple[Path, int]:
    """Return the folder that this worker shares with the others, and its number."""
    return Path(os.environ[FOLDER_VARIABLE]), int(os.environ[NUMBER_VARIABLE])


async def beat_for_ever(board: Board, number: int) -> None:
    """Show our parent that this event loop runs, until cancelled."""
    while True:
        board.beat(number)
        await asyncio.sleep(BEAT_S)


def on_parent_gone(stop: Callable[[], object]) -> None:
    """Call ``stop`` when our parent dies: nothing else would end us then."""
    leash = int(os.environ[LEASH_VARIABLE])
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.remove_reader(leash)
        stop()

    loop.add_reader(leash, end)
