"""What rooms and messages are, pure: texts, names, markup, mentions, folding a log."""

from typing import Final

LOBBY: Final = "general"  # everybody is in it from the start
