"""Combines several rounds: the median of each figure.

A round goes once through all scenarios. On a shared machine every figure depends on the time of
measurement. So contenders are compared within a round, and a ratio is the median over the rounds:
the best of each contender would combine figures that never occurred together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median

from benchmarks.load.figures import Figures

Round = Mapping[str, Mapping[str, Figures]]  # by scenario, by contender


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that are not None; None if there are none."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def typical(rounds: Sequence[Figures], figure: Callable[[Figures], float | None]) -> float | None:
    """Return the median of one ``figure`` over ``rounds``."""
    return middle(map(figure, rounds))


def of(rounds: Sequence[Round], scenario: str) -> Iterator[tuple[str, Sequence[Figures]]]:
    """Yield each contender of ``scenario``, with its figures of each round."""
    for name in rounds[0][scenario]:
        yield name, [one[scenario][name] for one in rounds]
