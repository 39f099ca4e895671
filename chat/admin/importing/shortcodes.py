"""Emoji by their names as Slack has them: ``thumbsup``, ``+1``, ``white_check_mark``."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Final

from chat.protocol.unicode.emoji import as_emoji

_TABLE: Final = Path(__file__).parents[3] / "static/emoji/en.json"
_CODE: Final = re.compile(r":([a-z0-9_+'-]{1,60})(?:::skin-tone-[2-6])?:")


def emoji_of(name: str) -> str | None:
    """Return the emoji with this name, without its skin tone; None if it is none of Unicode's."""
    plain = name.partition("::")[0]
    known = _by_name()
    return known.get(plain) or known.get(plain.replace("-", "_"))


def with_emoji(text: str) -> str:
    """Return ``text`` with the emoji in place of their names; unknown names stay."""
    return _CODE.sub(lambda found: emoji_of(found[1]) or found[0], text)


@cache
def _by_name() -> dict[str, str]:
    groups = json.loads(_TABLE.read_text())
    named: dict[str, str] = {}
    for group in groups:
        for emoji, spoken, names, _ in group["emoji"]:
            if (known := as_emoji(emoji)) is not None:
                for name in (*names.split(), spoken.replace(" ", "_")):
                    named.setdefault(name, known)
    return named
