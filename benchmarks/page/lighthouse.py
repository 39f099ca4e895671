"""`make lighthouse`: Lighthouse's scores of our pages, as on a phone.

Prints one table; each score that is below LEAST is followed by the audits that cost it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.page.running import NODE
from benchmarks.page.servers import parley
from tests.support.server import ROOT

LIGHTHOUSE = ROOT / "benchmarks/node_modules/lighthouse/cli/index.js"
PAGES = ("/", "/rooms/garden", "/signin", "/doctor")
LEAST = 95
FLAGS = "--headless=new --no-sandbox --disable-dev-shm-usage --disable-background-networking"


def main() -> int:
    is_met = True
    with parley() as server:
        for path in PAGES:
            report = _report(f"http://127.0.0.1:{server.port}{path}")
            scores = {
                category["title"]: round(100 * category["score"])
                for category in report["categories"].values()
            }
            print(path, *(f"{title} {score}" for title, score in scores.items()), sep=" · ")
            if min(scores.values()) < LEAST:
                is_met = False
                print(*_failed(report), sep="\n")
    print(f"At least {LEAST} in each: {'yes' if is_met else 'NO'}")
    return 0 if is_met else 1


def _report(url: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        subprocess.run(
            [
                *(str(NODE), str(LIGHTHOUSE), url, "--quiet", "--output=json"),
                *(f"--output-path={path}", f"--chrome-flags={FLAGS}"),
            ],
            env={**os.environ, "CHROME_PATH": shutil.which("chromium") or ""},
            check=True,
            timeout=180,
        )
        report: dict[str, Any] = json.loads(path.read_text())
    return report


def _failed(report: dict[str, Any]) -> list[str]:
    """Return the audits that lower a category below LEAST, the heaviest first."""
    lines = []
    for category in report["categories"].values():
        if round(100 * category["score"]) >= LEAST:
            continue
        for each in sorted(category["auditRefs"], key=lambda ref: -ref["weight"]):
            audit = report["audits"][each["id"]]
            if each["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                shown = audit.get("displayValue", "")
                lines.append(f"  {category['title']}: {audit['title']} {shown}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
