"""Measures Parley and its peers in turn; prints the tables, and writes results/load.md."""

import argparse
import sys
from collections.abc import Sequence

from benchmarks.load.contenders import Contender, contenders
from benchmarks.load.report import HERE, report
from benchmarks.load.runs import Figures
from benchmarks.load.scenarios import SCENARIOS, Scenario
from benchmarks.machine import pin_here

RESULTS = HERE / "results/load.md"


def measure(contender: Contender, scenario: Scenario, rounds: int) -> Figures:
    """Return the round that cost its server least: what else ran then, disturbed it least."""
    found = []
    for _ in range(rounds):
        print(f"{scenario.name}: {contender.name}", file=sys.stderr)
        found.append(scenario.measure(contender))
    return min(found, key=lambda figures: figures.cpu_us_per_delivery or 0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ours alone, in a minute; no file")
    parser.add_argument("--rounds", type=int, default=1, help="of each, the best of which counts")
    parser.add_argument(
        "--only", action="append", help="scenarios with this in their name; no file"
    )
    parser.add_argument("--of", action="append", help="these contenders alone; no file")
    options = parser.parse_args()
    pin_here()
    measured: dict[str, dict[str, Figures]] = {}
    for scenario in _chosen(SCENARIOS, options):
        names = scenario.contenders[:1] if options.quick else scenario.contenders
        for name in names:
            if options.of is None or name in options.of:
                figures = measure(contenders()[name], scenario, options.rounds)
                measured.setdefault(scenario.name, {})[name] = figures
    text = report(measured)
    print(text)
    if not (options.quick or options.only or options.of):
        RESULTS.write_text(text)


def _chosen(scenarios: Sequence[Scenario], options: argparse.Namespace) -> list[Scenario]:
    wanted: Sequence[str] = options.only or ("",)
    return [
        scenario
        for scenario in scenarios
        if (scenario.is_quick or not options.quick)
        and any(part in scenario.name for part in wanted)
    ]


if __name__ == "__main__":
    main()
