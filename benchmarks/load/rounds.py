"""What several rounds have shown together: the median of each figure.

A round goes once through all scenarios. On a shared machine the hour is in every figure, so that
who is compared is compared within a round, and what is known of a ratio is its median over them:
the best of each would put together what never was at one time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median

from benchmarks.load.runs import Figures

Round = Mapping[str, Mapping[str, Figures]]  # by scenario, by contender


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median of those that there are; None if there are none."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def typical(rounds: Sequence[Figures], figure: Callable[[Figures], float | None]) -> float | None:
    """Return the median of one ``figure`` over ``rounds``."""
    return middle(map(figure, rounds))


def of(rounds: Sequence[Round], scenario: str) -> Iterator[tuple[str, Sequence[Figures]]]:
    """Yield each contender of ``scenario``, and what each round has shown of it."""
    for name in rounds[0][scenario]:
        yield name, [one[scenario][name] for one in rounds]
