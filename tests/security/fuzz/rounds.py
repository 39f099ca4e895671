"""Hypothesis round after round, each with a seed that is told where it fails."""

import os
import time
from collections.abc import Callable

from hypothesis import HealthCheck, seed, settings

# Of make fuzz; without it there is one round, with the first seed.
SECONDS = float(os.environ.get("FUZZ_SECONDS") or 0)
SEED = int(os.environ.get("FUZZ_SEED") or 1)
# Each is a real request or several, of a millisecond or two.
EXAMPLES = 150

fuzzing = settings(
    deadline=None,  # how long the machine takes says nothing
    database=None,  # what a seed finds depends on nothing else
    suppress_health_check=list(HealthCheck),
)


def rounds(test: Callable[[], object], *, share: int, examples: int = EXAMPLES) -> None:
    """Run ``test``, made by ``given``, for one of ``share`` equal parts of the time."""
    until = time.monotonic() + SECONDS / share
    number, tried = SEED, settings(fuzzing, max_examples=examples)(test)
    while True:
        try:
            seed(number)(tried)()
        except BaseException as error:
            error.add_note(f"Again: make fuzz SECONDS=1 SEED={number}")
            raise
        number += 1
        if time.monotonic() >= until:
            print(f"{test.__name__}: seeds {SEED} to {number - 1}")
            return
