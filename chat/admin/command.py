"""What a command of ``python app.py admin`` is made of."""

from argparse import Namespace
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple

from chat.settings.settings import Settings


class Result(NamedTuple):
    """What a command did: ``text`` for people, ``fields`` for programs (``--json``).

    Without a ``text`` nothing is printed: standard output was used for something else.
    """

    text: str
    fields: Mapping[str, Any]


class Command(NamedTuple):
    """``arguments`` are those of argparse's add_argument; ``run`` returns what was done.

    It raises SettingsError or ChatError where nothing was done.
    """

    name: str
    help: str
    arguments: Sequence[tuple[Sequence[str], Mapping[str, Any]]]
    run: Callable[[Settings, Namespace], Coroutine[Any, Any, Result]]
