"""Who is spoken to in a text. Pure."""


def is_mentioned(name: str, text: str) -> bool:
    """Return whether ``text`` holds ``@name`` as a whole word, whatever the case."""
    if "@" not in text:
        return False
    text, wanted = text.casefold(), "@" + name.casefold()
    start = text.find(wanted)
    while start != -1:
        before, after = text[max(start - 1, 0) : start], text[start + len(wanted) :][:1]
        if not _is_of_word(before) and not _is_of_word(after):
            return True
        start = text.find(wanted, start + 1)
    return False


def _is_of_word(character: str) -> bool:
    return character.isalnum() or (character != "" and character in "-_")
