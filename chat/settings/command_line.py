"""The command line: a flag for each setting, and ``--help``."""

import argparse
from collections.abc import Mapping, Sequence
from typing import NoReturn

from chat.errors import SettingsError
from chat.settings.options import Option


def _plain(text: str) -> str:
    """Return ``text`` for any terminal: in ASCII, without Markdown, and with % escaped."""
    for mark, plain in (("`", ""), ("“", '"'), ("”", '"'), ("–", "-"), ("’", "'"), ("%", "%%")):
        text = text.replace(mark, plain)
    return text.encode("ascii", "replace").decode()


class CommandLine(argparse.ArgumentParser):
    """Parses the command line, and leaves the flags' values as text."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(
            prog="python app.py",
            description="Serve Parley. Each setting is a variable of the environment; the flag "
            "beside it wins.",
            epilog="python app.py admin --help: what else there is to do.",
            allow_abbrev=False,
        )
        self._problems = problems

    def read(self, options: Mapping[str, Option], flags: Sequence[str]) -> Mapping[str, str]:
        """Return the given values by variable; add unknown flags to the problems."""
        for option in options.values():
            values = f"{option.values}; " if option.values else ""
            text = _plain(f"{option.help} ({values}default: {option.shown})")
            if option.flag is None:
                self.epilog = f"{option.variable}, in the environment alone: {text}. {self.epilog}"
            else:
                self.add_argument(
                    option.flag, dest=option.variable, metavar=option.variable, help=text
                )
        found, unknown = self.parse_known_args(list(flags))
        secrets = {o.variable for o in options.values() if o.is_secret}
        for word in unknown:
            flag = word.partition("=")[0]  # its value may be a secret
            if (variable := flag.lstrip("-").upper().replace("-", "_")) in secrets:
                why = f"set {variable} in the environment: process lists show flags"
                self._problems.append(f"{flag}: {why}")
                break  # the next word may be its value
            self._problems.append(_unknown(word))
        return {name: value for name, value in vars(found).items() if value is not None}

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message}; see --help")


def _unknown(word: str) -> str:
    if "://" in word or "@" in word:  # a URL may hold a password
        return "an address is given without a flag for it; see --help"
    return f"{word}: there is no such flag; see --help"
