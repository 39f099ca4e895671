"""Rooms and messages: texts, names, markup, mentions, folding a log. Pure."""

from typing import Final

LOBBY: Final = "general"  # every user is a member from the start
