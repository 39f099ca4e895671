"""Has pictures made anew, each by a process of its own."""

import asyncio
import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from chat.errors import InvalidInput
from chat.files import picture_process
from chat.protocol.codes import Code

log: Final = logging.getLogger(__name__)

# Each may take a gigabyte and a core; the others wait.
AT_ONCE: Final = 2
# The process has less of the processor; on a machine that is busy it may wait for it.
TIMEOUT_S: Final = 90.0

_PROBLEMS: Final = {
    picture_process.TOO_LONG: (
        Code.TOO_LONG,
        f"A moving picture has at most {picture_process.MAX_FRAMES} frames, and "
        f"{picture_process.MAX_PIXELS_OF_ALL_FRAMES // 1_000_000} million pixels in all of them.",
    ),
    picture_process.TOO_MUCH: (
        Code.TOO_LONG,
        "This picture takes too much memory or time here. Make it smaller.",
    ),
    picture_process.UNREADABLE: (
        Code.BAD_COMMAND,
        "This picture can't be read: it is damaged, or not what it seems to be.",
    ),
}


class Picture(NamedTuple):
    """A picture that was made anew."""

    width: int
    height: int
    has_thumbnail: bool


class _Answer(msgspec.Struct):
    problem: str = ""
    width: int = 0
    height: int = 0
    has_thumbnail: bool = False


class Pictures:
    """Runs at most AT_ONCE processes at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def remake(self, folder: Path, type_: str) -> Picture:
        """Make the ``content`` in ``folder`` anew, and perhaps a ``thumbnail``.

        Raises InvalidInput: ``too_long`` for one that is too large, or takes too much to make
        anew; ``bad_command`` for none.
        """
        async with self._turn:
            answer = await self._run(folder, type_)
        if answer.problem:
            raise _refusal(answer.problem, type_)
        return Picture(answer.width, answer.height, answer.has_thumbnail)

    async def _run(self, folder: Path, type_: str) -> _Answer:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", picture_process.__file__, str(folder), type_),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer, _ = await process.communicate()
            return msgspec.json.decode(answer, type=_Answer)
        except (TimeoutError, msgspec.DecodeError):  # it was stopped by its limits
            log.info("A picture took too much, and is refused (%s)", process.returncode)
            return _Answer(problem=picture_process.TOO_MUCH)
        finally:
            with suppress(ProcessLookupError):
                process.kill()


def _refusal(problem: str, type_: str) -> InvalidInput:
    if problem == picture_process.TOO_LARGE:
        kind, most = picture_process.FORMATS[type_], picture_process.MAX_PIXELS[type_]
        message = f"Pictures in {kind} have at most {most // 1_000_000} million pixels."
        return InvalidInput(Code.TOO_LONG, message)
    return InvalidInput(*_PROBLEMS[problem])
