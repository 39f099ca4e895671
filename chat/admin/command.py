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


Argument = tuple[Sequence[str], Mapping[str, Any]]


def argument(*names: str, **options: Any) -> Argument:
    """Return an argument of a command; argparse's add_argument takes the same."""
    return names, options


class Command(NamedTuple):
    """A command; ``run`` raises SettingsError or ChatError if nothing was done."""

    name: str
    help: str
    arguments: Sequence[Argument]
    run: Callable[[Settings, Namespace], Coroutine[Any, Any, Result]]
