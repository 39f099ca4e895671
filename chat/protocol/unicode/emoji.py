"""What is an emoji. Pure."""

from typing import Final

from chat.protocol.unicode import read_rows, to_text

# Asks for the coloured form of a character; not always written, and not always needed (UTS 51).
_SELECTOR: Final = "\ufe0f"

_EMOJI: Final = {
    emoji.replace(_SELECTOR, ""): emoji for emoji in map(to_text, read_rows("emoji.txt"))
}
_LONGEST: Final = max(map(len, _EMOJI.values()))


def as_emoji(text: str) -> str | None:
    """Return the emoji that ``text`` is, fully qualified, or None if it isn't exactly one.

    Emoji are those that UTS 51 recommends for general interchange: with skin tones, joined by
    U+200D, flags and keycaps. Selectors that are missing are put in, needless ones left out.
    """
    if len(text) > 2 * _LONGEST:
        return None
    return _EMOJI.get(text.replace(_SELECTOR, ""))


def without_emoji(text: str, instead: str) -> str:
    """Return ``text``, a short one, with ``instead`` in the place of each emoji in it."""
    rest, at = [], 0
    while at < len(text):
        for end in range(min(len(text), at + _LONGEST), at, -1):
            bare = text[at:end].replace(_SELECTOR, "")
            if (emoji := _EMOJI.get(bare)) is not None and text[at:end] in (emoji, bare):
                rest.append(instead)
                at = end
                break
        else:
            rest.append(text[at])
            at += 1
    return "".join(rest)
