"""Messages where their files can't be seen: in notifications, and in the search. Pure."""

from collections.abc import Sequence

from chat.protocol.entries import FileInfo


def in_words(text: str, files: Sequence[FileInfo]) -> str:
    """Return ``text``, if there is any, and the name of each of ``files`` in a line of its own.

    Names need no translation: who sends a notification does not know its reader's language.
    """
    if not files:
        return text
    return "\n".join(part for part in (text, *(file.name for file in files)) if part)
