"""Measures Parley and its peers in turn; prints the tables, and writes results/load.md."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.load.contenders import contenders
from benchmarks.load.report import HERE, report
from benchmarks.load.runs import Figures
from benchmarks.load.scenarios import SCENARIOS, Scenario
from benchmarks.machine import pin_here

RESULTS = HERE / "results/load.md"


def measure(names: Sequence[str], scenario: Scenario, rounds: int) -> dict[str, Figures]:
    """Return each contender's best round.

    They take turns, so that an hour in which the machine is slow is one for all of them.
    """
    found: dict[str, list[Figures]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            print(f"{scenario.name}: {name}", file=sys.stderr)
            found[name].append(scenario.measure(contenders()[name]))
    return {name: _best(of_name) for name, of_name in found.items()}


def _best(rounds: Sequence[Figures]) -> Figures:
    """Return the round that cost its server least: what else ran then, disturbed it least.

    What others do to latencies is not what they do to costs, and connecting comes before what is
    measured after it: so these have a best round of their own.
    """
    connects = [figures.cpu_us_per_connect for figures in rounds if figures.cpu_us_per_connect]
    best = min(
        rounds, key=lambda figures: figures.cpu_us_per_delivery or figures.cpu_us_per_connect or 0
    )
    return replace(
        best,
        latencies_ms=min(rounds, key=lambda figures: figures.latency_ms(0.5) or 0).latencies_ms,
        cpu_us_per_connect=min(connects, default=None),
        lost=max(figures.lost for figures in rounds),
    )


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
        chosen = [name for name in names if options.of is None or name in options.of]
        measured[scenario.name] = measure(chosen, scenario, options.rounds)
    text = report(measured, options.rounds)
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
