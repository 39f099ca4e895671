"""The types of a command of ``python app.py admin`` and of its result."""

from argparse import Namespace
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple

from chat.settings.settings import Settings


class Result(NamedTuple):
    """The result of a command: ``text`` for people, ``fields`` for programs (``--json``).

    If ``text`` is empty, nothing is printed: standard output was used for other data.
    """

    text: str
    fields: Mapping[str, Any]


class Command(NamedTuple):
    """A command. ``arguments`` are those of argparse's add_argument; ``run`` carries it out.

    ``run`` raises SettingsError or ChatError if nothing was done.
    """

    name: str
    help: str
    arguments: Sequence[tuple[Sequence[str], Mapping[str, Any]]]
    run: Callable[[Settings, Namespace], Coroutine[Any, Any, Result]]
