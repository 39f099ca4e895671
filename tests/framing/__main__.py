"""Compares our reading of requests with others'; prints a line for each one (make framing)."""

import asyncio
import sys

from tests.framing import behind, by_itself
from tests.framing.corpus import cases
from tests.framing.made_up import made_up

MADE_UP = 2000
# Fewer: some of them wait a second, because the proxy waits for more bytes.
MADE_UP_BEHIND = 600


def main() -> int:
    """Compare and print; return 1 if there is a difference."""
    by_hand = cases()
    others = made_up(MADE_UP, begin=len(by_hand))
    alone = by_itself.compare([*by_hand, *others])
    print(
        f"h11: {alone.cases} conversations ({len(by_hand)} by hand), each also cut in two at every "
        f"byte ({alone.cut}), {alone.accepted} taken whole by both; differences "
        f"{len(alone.differences)}"
    )
    differences = alone.differences
    for proxy in ("nginx", "haproxy"):
        result = asyncio.run(behind.compare(proxy, [*by_hand, *others[:MADE_UP_BEHIND]]))
        print(
            f"{proxy}: {result.cases} conversations, {result.requests} requests passed on; "
            f"differences {len(result.differences)}"
        )
        differences += result.differences
    print(*differences, sep="\n", end="\n" if differences else "")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
