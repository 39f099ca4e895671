"""`python -m tests.rolling --clients 1000`: restart all instances under load; print the effects."""

import argparse
import contextlib
import io
import sys

from tests.rolling.workload import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rolling", description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    arguments = parser.parse_args()
    logged = io.StringIO()  # the instances' logs
    with contextlib.redirect_stdout(logged):
        outcome = run(arguments.clients)
    print(outcome)
    print("back in each second:", " ".join(map(str, outcome.returns)))
    problems = [*outcome.broken, *outcome.late]
    if not problems:
        return 0
    for line in problems[:20]:
        print(line.rstrip(), file=sys.stderr)
    for name, counted in (("odd ends", outcome.odd_ends), ("reasons", outcome.reasons)):
        print(f"{name}: {dict(counted.most_common(10))}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
