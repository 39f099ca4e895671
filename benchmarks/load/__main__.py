"""Measures Parley and its peers in turn; prints the tables, and writes results/load.md."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.load.contenders import Contender, contenders
from benchmarks.load.figures import Figures
from benchmarks.load.report import HERE, report
from benchmarks.load.rounds import Round
from benchmarks.load.scenarios import SCENARIOS, Scenario
from benchmarks.machine import pin_here

RESULTS = HERE / "results/load.md"


def measure(
    chosen: Mapping[Scenario, Sequence[str]], number: int, known: Mapping[str, Contender]
) -> Round:
    """Measure each scenario once, with each of its contenders.

    Every other round begins with the last contender: the first one finds the machine in another
    state, after other work.
    """
    found: dict[str, dict[str, Figures]] = {}
    for scenario, names in chosen.items():
        of_scenario = {}
        for name in names if number % 2 == 0 else reversed(names):
            print(f"{number + 1}: {scenario.name}: {name}", file=sys.stderr)
            of_scenario[name] = scenario.measure(known[name])
        found[scenario.name] = {name: of_scenario[name] for name in names}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ours alone, in a minute; no file")
    parser.add_argument("--rounds", type=int, default=1, help="through all of it: medians count")
    parser.add_argument(
        "--only", action="append", help="scenarios with this in their name; no file"
    )
    parser.add_argument("--of", action="append", help="these contenders alone; no file")
    parser.add_argument(
        "--beside", type=Path, help="a folder with another version of Parley, to compare; no file"
    )
    options = parser.parse_args()
    pin_here()
    known = contenders() if options.beside is None else contenders(options.beside)
    chosen = {
        scenario: names
        for scenario in _chosen(SCENARIOS, options)
        if (names := _contenders(scenario, options))
    }
    is_whole = not (options.quick or options.only or options.of or options.beside)
    rounds: list[Round] = []
    for number in range(options.rounds):
        rounds.append(measure(chosen, number, known))
        if is_whole:  # also if a later round fails: one takes a quarter of an hour
            RESULTS.write_text(report(rounds))
    print(report(rounds))


def _contenders(scenario: Scenario, options: argparse.Namespace) -> Sequence[str]:
    names = [*(scenario.contenders[:1] if options.quick else scenario.contenders)]
    if options.beside is not None:
        names += [f"{name}, beside" for name in names if name in ("Parley", "Parley, Redis")]
    return [name for name in names if options.of is None or name in options.of]


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
