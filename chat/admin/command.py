"""What a command of ``python app.py admin`` is: a coroutine of the settings and of what was typed.

A command prints one result: text for people or, with ``--json``, one JSON object. Its exit code is
one of ``Exit``.
"""

import asyncio
import functools
from collections.abc import Callable, Coroutine, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

import click
import msgspec

from chat.errors import SettingsError
from chat.settings.settings import Settings


class Exit(IntEnum):
    """The exit codes. docs/operations.md lists them."""

    DONE = 0
    NOT_DONE = 1  # the error says why; nothing was changed, or it says what was
    USAGE = 2  # there is no such command or option
    FOUND = 3  # doctor has found something that has to be mended


class Result(NamedTuple):
    """The result of a command: ``text`` for people, ``fields`` for programs (``--json``).

    If ``text`` is empty, nothing is printed: standard output was used for other data.
    """

    text: str
    fields: Mapping[str, Any]
    code: Exit = Exit.DONE


class PartlyDone(SettingsError):
    """Something was done already; the text says what, and how to go on."""


Run = Callable[..., Coroutine[Any, Any, Result]]


def command(name: str, help: str, *examples: str) -> Callable[[Run], click.Command]:
    """Return a decorator that makes a command of a function; write it above click's own ones.

    The function is called with the settings and, by name, its arguments and options. It raises
    SettingsError or ChatError if nothing was done. ``examples`` are what to type after ``admin``.
    """

    def make(run: Run) -> click.Command:
        @functools.wraps(run)
        def call(*, is_json: bool, **given: Any) -> int:
            settings = Settings.read(click.get_current_context().obj)
            result = asyncio.run(run(settings, **given))
            if result.text:
                print(msgspec.json.encode(result.fields).decode() if is_json else result.text)
            return result.code

        option = click.option(
            "--json", "is_json", is_flag=True, help="Print the result as one JSON object."
        )
        lines = "\n".join(f"  python app.py admin {example}" for example in examples)
        # \b keeps click from wrapping the lines.
        epilog = f"\b\nExamples:\n{lines}" if examples else None
        return click.command(name, help=help, epilog=epilog)(option(call))

    return make
