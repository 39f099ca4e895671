"""Runs tests that are coroutines, each in its own event loop and within a limit."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

P = ParamSpec("P")

# Limits are for an idle machine. On a shared one slowness is no failure, but a hang is.
PATIENCE = 3
# Between two looks at what sends no event: to look all the time takes a processor from the others.
LOOK_S = 0.02


def in_a_loop(
    limit_s: float,
) -> Callable[[Callable[P, Coroutine[Any, Any, None]]], Callable[P, None]]:
    """Run the test in a fresh event loop, for PATIENCE times ``limit_s`` at most."""

    def decorate(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
        @functools.wraps(test)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            asyncio.run(asyncio.wait_for(test(*args, **kwargs), limit_s * PATIENCE))

        return run

    return decorate
