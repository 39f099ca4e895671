"""make conformance: run our own cases, then Autobahn's; print the tables of docs/conformance.md.

With --write the tables are written there.
"""

import asyncio
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from tests.conformance import autobahn

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "conformance.md"
MARKED: Final = re.compile(r"(<!-- conformance: [^>]*-->\n).*(<!-- end -->)", re.DOTALL)


class Tally:
    """Counts cases by the first line of their module's docstring, which names their area."""

    def __init__(self) -> None:
        self.cases: Counter[str] = Counter()
        self.failed: list[str] = []
        self._areas: dict[str, str] = {}

    @property
    def bad(self) -> Counter[str]:
        return Counter(self._areas[id.partition("::")[0]] for id in self.failed)

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        for item in items:
            module: ModuleType = item.module
            assert module.__doc__ is not None
            self._areas[item.nodeid.partition("::")[0]] = module.__doc__.splitlines()[0]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.cases[self._areas[report.nodeid.partition("::")[0]]] += 1
        if report.failed and report.nodeid not in self.failed:
            self.failed.append(report.nodeid)


def own_cases() -> tuple[str, bool]:
    """Run our own cases; return their table, and whether all have passed."""
    tally = Tally()
    code = pytest.main(["-q", str(Path(__file__).parent)], plugins=[tally])
    rows = ["| area | cases | failed |", "|---|---:|---:|"]
    bad = tally.bad
    rows += [f"| {area} | {cases} | {bad[area]} |" for area, cases in sorted(tally.cases.items())]
    rows += [f"| all | {tally.cases.total()} | {bad.total()} |", ""]
    rows += [f"- failed: {id}" for id in tally.failed]
    return "\n".join(rows), code == 0


def autobahns_cases() -> tuple[str, bool] | None:
    """Run Autobahn's cases; return the same, or None if there is no Python 2.7."""
    python = autobahn.find_python()
    if python is None:
        return None
    autobahn.install(python)
    cases = asyncio.run(autobahn.run(python))
    kinds = ["OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED"]
    counts = Counter((case.area, case.behaviour if case.is_good else "failed") for case in cases)
    rows = [
        f"Autobahn's test suite {autobahn.VERSION}:",
        "",
        "| area | OK | non-strict | informational | unimplemented | failed |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for area in sorted({case.area for case in cases}):
        cells = " | ".join(str(counts[area, kind]) for kind in [*kinds, "failed"])
        rows.append(f"| {area}.* {autobahn.AREAS.get(area, '')} | {cells} |")
    totals = [sum(n for (_, k), n in counts.items() if k == kind) for kind in [*kinds, "failed"]]
    rows += [f"| all {len(cases)} | {' | '.join(map(str, totals))} |", ""]
    unexplained = False
    for case in cases:
        if case.behaviour in ("OK", "UNIMPLEMENTED") and case.is_good:
            continue
        unexplained |= not case.is_good and case.id not in autobahn.EXPLAINED
        why = autobahn.EXPLAINED.get(case.id, "NOT EXPLAINED")
        rows.append(f"- {case.id}, {case.behaviour.lower()}: {why}")
    closings = [case for case in cases if case.id.startswith("7.9.")]
    passed = sum(case.behaviour == "OK" and case.closing == "OK" for case in closings)
    rows += ["", f"Of the bad close codes, 7.9.*, {passed} of {len(closings)} pass."]
    return "\n".join(rows) + "\n", not unexplained and passed == len(closings)


def main() -> int:
    parts = [own_cases()]
    if (theirs := autobahns_cases()) is not None:
        parts.append(theirs)
    told = "\n".join(text for text, _ in parts)
    print(f"\n{told}")
    if theirs is None:
        print("There is no Python 2.7 here, so Autobahn's test suite was not run (PYTHON27=…).")
    elif "--write" in sys.argv:
        PAGE.write_text(MARKED.sub(lambda at: f"{at[1]}\n{told}\n{at[2]}", PAGE.read_text()))
    return 0 if all(is_well for _, is_well in parts) else 1


if __name__ == "__main__":
    sys.exit(main())
