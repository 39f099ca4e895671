"""`python -m tests.mirror --messages 10000`: break things, compare the stream with the logs."""

import argparse
import contextlib
import io
import random
import sys

from tests.mirror.workload import run
from tests.support.stores import STORES


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mirror", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="over each store")
    parser.add_argument("--kills", type=int, default=20, help="at least so many")
    parser.add_argument("--seed", type=int, default=None, help="what is killed, and when")
    arguments = parser.parse_args()
    seed = random.randrange(10**6) if arguments.seed is None else arguments.seed
    is_good = True
    for store in STORES:
        with contextlib.redirect_stdout(io.StringIO()):  # the instances' logs
            outcome = run(store, arguments.messages, arguments.kills, seed)
        print(f"{store}: {outcome}", flush=True)
        for line in outcome.faults[:20]:
            print(line, file=sys.stderr)
        is_good &= not outcome.faults
    return not is_good


if __name__ == "__main__":
    sys.exit(main())
