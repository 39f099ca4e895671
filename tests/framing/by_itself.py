"""Compares our reader with h11, and with itself when the same bytes come in two pieces."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.framing.corpus import Case
from tests.framing.readings import h11_s, is_same_or_stricter, ours

# RFC 9112 lets a server accept blanks before a semicolon (section 7.1.1); h11 refuses them.
H11_REFUSES = (b"\r\n4 ; a\r\n",)
_CUT_BYTES = 600  # the longest cases only repeat themselves after that


@dataclass
class Result:
    """How many cases were read, how many both accepted, and where the readings differ."""

    cases: int = 0
    accepted: int = 0
    cut: int = 0
    differences: list[str] = field(default_factory=list)


def compare(cases: Sequence[Case], *, cut_every: int = 1) -> Result:
    """Read all ``cases``, whole and cut in two at every ``cut_every``-th byte, offset by case."""
    result = Result(cases=len(cases))
    for case in cases:
        mine, theirs = ours(case.data), h11_s(case.data)
        result.accepted += mine == theirs and not mine.is_refused
        is_known = any(known in case.data for known in H11_REFUSES)
        if not is_same_or_stricter(mine, theirs) and not is_known:
            result.differences.append(f"{case.data!r}: {mine}, by h11 {theirs}")
        for at in range(1 + case.number % cut_every, min(len(case.data), _CUT_BYTES), cut_every):
            result.cut += 1
            cut = ours(case.data[:at], case.data[at:])
            if cut != mine:
                result.differences.append(f"{case.data!r}: {mine}, cut at {at} {cut}")
    return result
