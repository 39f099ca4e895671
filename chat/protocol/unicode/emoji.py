"""Recognises emoji. Pure."""

from typing import Final

from chat.protocol.unicode import read_rows, to_text

# Selects the coloured form of a character; often left out, and not always needed (UTS 51).
_SELECTOR: Final = "\ufe0f"

_EMOJI: Final = {
    emoji.replace(_SELECTOR, ""): emoji for emoji in map(to_text, read_rows("emoji.txt"))
}
_LONGEST: Final = max(map(len, _EMOJI.values()))


def as_emoji(text: str) -> str | None:
    """Return ``text`` as a fully qualified emoji, or None if it isn't exactly one.

    Emoji are those that UTS 51 recommends for general interchange, including skin tones,
    sequences joined by U+200D, flags and keycaps. Adds missing selectors and removes needless ones.
    """
    if len(text) > 2 * _LONGEST:
        return None
    return _EMOJI.get(text.replace(_SELECTOR, ""))


def count_emoji(text: str, most: int) -> int:
    """Return how many emoji ``text`` consists of; 0 if it has more than ``most``, or anything else.

    Spaces between them don't matter. Characters that are shown as text, such as a heart without its
    selector, are no emoji here: this is the browsers' ``RGI_Emoji``.
    """
    count, at = 0, 0 if not text.isascii() else len(text)  # no emoji is of ASCII alone
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        for end in range(min(len(text), at + _LONGEST), at, -1):
            if _EMOJI.get(text[at:end].replace(_SELECTOR, "")) == text[at:end]:
                break
        else:
            return 0
        count, at = count + 1, end
        if count > most:
            return 0
    return count


def without_emoji(text: str, instead: str) -> str:
    """Return ``text``, which must be short, with each emoji replaced by ``instead``."""
    if text.isascii():
        return text  # no emoji is of ASCII alone
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
