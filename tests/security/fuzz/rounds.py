"""Runs hypothesis in rounds, each with a seed that a failure reports."""

import os
import time
from collections.abc import Callable

from hypothesis import HealthCheck, seed, settings

# Set by make fuzz; without it there is one round, with the first seed.
SECONDS = float(os.environ.get("FUZZ_SECONDS") or 0)
SEED = int(os.environ.get("FUZZ_SEED") or 1)
# Each makes one or more real requests, of a millisecond or two.
EXAMPLES = 150

fuzzing = settings(
    deadline=None,  # the duration depends on the machine
    database=None,  # the result of a seed depends on nothing else
    suppress_health_check=list(HealthCheck),
)


def rounds(test: Callable[[], object], *, share: int, examples: int = EXAMPLES) -> None:
    """Run ``test``, made by ``given``, for 1/``share`` of the time."""
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
