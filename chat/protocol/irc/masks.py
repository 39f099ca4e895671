"""Masks, in which * is any text and ? any character (RFC 2812 section 2.5). Pure.

A regular expression with many stars may take for ever to find that it does not match.
"""


def matches(mask: str, text: str) -> bool:
    """Return whether all of ``text`` is what ``mask`` says, in any case.

    Takes as many steps as the product of both lengths at most.
    """
    mask, text = mask.lower(), text.lower()
    place = at = 0
    star, behind_star = -1, 0  # where to go on with one character more for the last *
    while at < len(text):
        if place < len(mask) and mask[place] == "*":
            star, behind_star = place, at
            place += 1
        elif place < len(mask) and mask[place] in ("?", text[at]):
            place, at = place + 1, at + 1
        elif star >= 0:
            behind_star += 1
            place, at = star + 1, behind_star
        else:
            return False
    return not mask[place:].strip("*")
