"""Finds addresses of pages and mailboxes in a text. Pure.

Each pattern runs in linear time: it never backtracks (possessive quantifiers), and a match begins
only where no earlier character could belong to it.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

# Lengths of a host's name and of each of its labels (RFC 1035 section 2.3.4).
_MAX_HOST: Final = 253
_MAX_LABEL: Final = 63

_HOST: Final = r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[\w-]++(?:\.[\w-]++)*+\.?+)"
_PORT: Final = r"(?::[0-9]{1,5}+(?![0-9]))?+"
# The characters that end an address: white space, brackets of markup, characters that are
# invisible or change the direction of writing, and Chinese and Japanese punctuation, which
# follows an address without a space.
_NO_PART: Final = (
    r"\s<>\"`\\\x00-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\u3000-\u303f\uff00-\uff0f\uff1a-\uff20"
)
_REST: Final = rf"(?:[/?#][^{_NO_PART}]*+)?+"
# No user name before the host: it disguises links, as in https://bank.example@evil.example
_NO_NAME: Final = r"(?![^\s/?#<>]{0,256}@)"
_PAGE: Final = re.compile(rf"(?i:https?)://{_NO_NAME}(?P<host>{_HOST}){_PORT}{_REST}")
_MAILBOX: Final = r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}+"
_MAIL: Final = re.compile(
    rf"(?i:mailto):{_MAILBOX}@(?P<host>[\w.-]{{1,253}}+)(?:\?[^{_NO_PART}]*+)?+"
)

# Candidates for an address without a scheme: words joined by dots, perhaps with a mailbox.
_BARE: Final = re.compile(
    rf"(?<![\w.:/@+-])(?:(?i:mailto:)?+(?P<mailbox>[\w.+-]++)@)?+(?P<host>[\w-]++(?:\.[\w-]++)++)(?!@)"
    rf"(?P<port>{_PORT})(?P<rest>{_REST})"
)

# The top-level domains that count without a scheme: countries and common others. The rest are
# words as well: "done.now" is no address.
_ENDS: Final = frozenset(
    """
    ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt
    bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg
    er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn
    hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li
    lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne
    nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb
    sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr
    tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
    aero asia biz com coop dev edu gov info int mil museum name net org pro shop web xxx
    \u0440\u0444
    """.split()
)
# File names end like this, too: README.md, run.sh. These count only with a path or port, as in
# docs.rs/serde, or after more than one label, as in www.gov.pl.
_FILES: Final = frozenset("ac am as bz cc md mk ml mo pl pm ps py rs sh so sv tf".split())

# Characters that follow an address more often than they belong to it.
_TRAILING: Final = frozenset(".,;:!?'*_~|\u2018\u2019\u201c\u201d\u00ab\u00bb\u2026")
_CLOSING: Final = {")": "(", "]": "[", "}": "{"}


class Found(NamedTuple):
    """An address from ``start`` to ``end`` of a text; ``url`` is its link target."""

    start: int
    end: int
    url: str


def is_address(url: str) -> bool:
    """Return whether ``url`` is the whole address of a page (http, https) or a mailbox."""
    match = _PAGE.fullmatch(url) or _MAIL.fullmatch(url)
    return match is not None and _is_host(match["host"])


def page_at(text: str, start: int) -> str | None:
    """Return the address, with its scheme, that begins at ``start`` in running text."""
    match = _PAGE.match(text, start)
    if match is None or not _is_host(match["host"]):
        return None
    return _trimmed(match[0], least=len(text[start : match.end("host")].rstrip(".")))


def find_bare(text: str) -> Iterator[Found]:
    """Yield the addresses without a scheme in ``text``: example.com/page, ann@example.com."""
    for match in _BARE.finditer(text):
        host, mailbox = match["host"], match["mailbox"]
        if mailbox is None:
            if _is_known(host, has_more=bool(match["port"] or match["rest"])):
                address = _trimmed(match[0], least=len(host))
                yield Found(match.start(), match.start() + len(address), f"http://{address}")
        elif (
            _is_known(host, has_more=True) and len(mailbox) <= 64 and mailbox.strip(".") == mailbox
        ):
            end = match.end("host")
            yield Found(match.start(), end, f"mailto:{mailbox}@{host}")


def _is_known(host: str, *, has_more: bool) -> bool:
    """Return whether ``host`` counts without a scheme; ``has_more`` if a path or port follows."""
    first, *others, end = host.casefold().split(".")
    if not _is_host(host) or "_" in host:
        return False
    if first == "www" and others:
        return end.isalpha()
    if end in _FILES:
        return has_more or bool(others)
    return end in _ENDS or end.startswith("xn--")


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return True
    labels = host.removesuffix(".").split(".")
    return len(host) <= _MAX_HOST and all(
        len(label) <= _MAX_LABEL and label.strip("-") == label for label in labels
    )


def _trimmed(address: str, *, least: int) -> str:
    """Strip trailing punctuation and unbalanced closing brackets after ``least`` characters."""
    surplus = {
        closing: address.count(closing) - address.count(opening)
        for closing, opening in _CLOSING.items()
    }
    end = len(address)
    while end > least:
        last = address[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return address[:end]
