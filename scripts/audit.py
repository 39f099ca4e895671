"""`make audit`: fail if a pinned version is known to be vulnerable.

Without advisories (no network, or a mirror that has none) it reports that it could not audit; that
is no failure, so that one can work offline. A clean result counts for a day, or until the pins
change.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
KEPT_FOR_S: Final = 24 * 3600
# Known to be vulnerable (CVE-2022-42969), and no part of Parley: if no advisory names it, there
# were no advisories.
CANARY: Final = ("py", "1.11.0")


def pins(requirements: str) -> list[str]:
    """Return each ``name==version`` of a lock."""
    return re.findall(r"^([A-Za-z0-9._-]+==[^\s;\\]+)", requirements, re.MULTILINE)


def findings(report: dict[str, Any]) -> tuple[list[str], list[str]] | None:
    """Return the vulnerable pins and those that were not audited, from pip-audit's report.

    None: there were no advisories.
    """
    known = {(it["name"], it.get("version")): it for it in report["dependencies"]}
    if not known.pop(CANARY, {}).get("vulns"):
        return None
    vulnerable = [
        f"{name} {version}: {', '.join([vuln['id'], *vuln['aliases']])}; fixed in "
        + (", ".join(vuln["fix_versions"]) or "no version yet")
        for (name, version), it in known.items()
        for vuln in it.get("vulns", ())
    ]
    unknown = [f"{it['name']}: {it['skip_reason']}" for it in known.values() if "skip_reason" in it]
    return vulnerable, unknown


def ask(wanted: Sequence[str], limit_s: float) -> dict[str, Any] | str:
    """Return pip-audit's report, or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "requirements.txt"
        asked.write_text("\n".join([*wanted, "==".join(CANARY)]))
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(asked)]
        command += ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s)
        except subprocess.TimeoutExpired:
            return f"the advisories did not come within {limit_s:.0f} s; make audit waits longer"
    try:
        return dict(json.loads(done.stdout))
    except ValueError:
        lines = done.stderr.strip().splitlines() or ["pip-audit said nothing"]
        return lines[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locks", nargs="+", type=Path, help="requirements*.txt")
    parser.add_argument("--limit", type=float, default=120, metavar="SECONDS")
    options = parser.parse_args()
    wanted = sorted({pin for lock in options.locks for pin in pins(lock.read_text())})
    digest = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    stamp = Path(sys.prefix) / f"audited-{digest[:12]}"
    if stamp.exists() and time.time() - stamp.stat().st_mtime < KEPT_FOR_S:
        print(f"Audited within a day: nothing is known against the {len(wanted)} versions pinned.")
        return 0
    report = ask(wanted, options.limit)
    found = report if isinstance(report, str) else findings(report)
    if found is None or isinstance(found, str):
        print(f"Not audited: {found or 'no advisories can be had from here'}.")
        return 0
    vulnerable, unknown = found
    for line in unknown:
        print(f"Not audited: {line}")
    if vulnerable:
        print("Known to be vulnerable; make lock LOCKFLAGS=--upgrade takes newer versions:")
        print("\n".join(f"  {line}" for line in vulnerable))
        return 1
    print(f"Audited: nothing is known against the {len(wanted) - len(unknown)} versions pinned.")
    stamp.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
