"""`python -m tests.chaos --seconds 60 --seed 7`: break things under load, print the verdict."""

import argparse
import contextlib
import io
import json
import random
import sys
import tempfile

from tests.chaos import deliveries, webhooks
from tests.chaos.report import summary
from tests.chaos.workload import Outcome, run

# In a minute, one after the other.
KILLS = 20
# Messages in each of some rooms, while the instance that sends to their webhooks is killed.
TOLD = {"rooms": 5, "messages": 200, "kills": 6}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="what breaks, and when")
    arguments = parser.parse_args()
    seed = random.randrange(10**6) if arguments.seed is None else arguments.seed
    logged = io.StringIO()  # the instances' logs, for the dump
    with contextlib.redirect_stdout(logged):
        outcome = run(arguments.seconds, seed)
        notified = deliveries.run(KILLS, seed)
        told = webhooks.run(**TOLD, seed=seed)
    print(f"{outcome.verdict} (seed {seed}, {outcome.faults.total()} faults)")
    print(outcome.privacy)
    print(outcome.gone)
    print(outcome.found)
    print(outcome.irc)
    print(notified)
    print(told)
    if outcome.is_good and not notified.faults and not told.faults:
        return 0
    faults = [*outcome.faults_found[:20], *notified.faults[:20], *told.faults[:20]]
    for line in [*faults, *summary(outcome.surprises)]:
        print(line.rstrip(), file=sys.stderr)
    print(f"The history is in {dump(outcome, seed, logged.getvalue())}", file=sys.stderr)
    return 1


def dump(outcome: Outcome, seed: int, logged: str) -> str:
    """Write the faults, the history and the logs of the run to a file; return its name."""
    with tempfile.NamedTemporaryFile(
        "w", prefix=f"chaos-{seed}-", suffix=".jsonl", delete=False
    ) as file:
        for fault in outcome.faults_found:
            print(json.dumps({"fault": fault}), file=file)
        for event in outcome.history:
            print(json.dumps(event._asdict()), file=file)
        for heard in outcome.closed_room:
            print(json.dumps({"closed": heard}), file=file)
        for line in logged.splitlines():
            print(json.dumps({"log": line}), file=file)
    return file.name


if __name__ == "__main__":
    sys.exit(main())
