"""Runs Autobahn's fuzzing client on our frames: https://github.com/crossbario/autobahn-testsuite.

It runs only on Python 2.7, so it is installed separately, and only where there is one.
"""

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.conformance.echo import echo_server

HERE: Final = Path(__file__).parent
FOLDER: Final = HERE / ".autobahn"
REQUIREMENTS: Final = HERE / "autobahn-requirements.txt"
VERSION: Final = "25.10.1"
LIMIT_S: Final = 540  # the whole suite takes two and a half minutes on two shared cores

AREAS: Final = {
    1: "framing",
    2: "pings and pongs",
    3: "reserved bits",
    4: "opcodes",
    5: "fragmentation",
    6: "UTF-8",
    7: "closing",
    9: "limits and performance",
    10: "fragmenting by itself",
    12: "compression",
    13: "compression, its parameters",
}

# Why a case is not simply OK. A failed case that is not listed here fails `make conformance`.
EXPLAINED: Final = {
    "6.4.1": "text is checked when a message is whole, not as it comes; 1007 all the same",
    "6.4.2": "as 6.4.1",
    "6.4.3": "as 6.4.1",
    "6.4.4": "as 6.4.1",
    "7.1.6": "tells only what happens: 256 KiB, a close and a ping at once",
    "7.13.1": "tells only what happens: close code 5000, which is answered 1002",
    "7.13.2": "tells only what happens: close code 65535, which is answered 1002",
}


class Case(NamedTuple):
    id: str
    behaviour: str  # OK, NON-STRICT, INFORMATIONAL, UNIMPLEMENTED, FAILED …
    closing: str  # the same of the connection's end

    @property
    def area(self) -> int:
        return int(self.id.partition(".")[0])

    @property
    def is_good(self) -> bool:
        fine = {"OK", "NON-STRICT", "INFORMATIONAL"}
        if self.area in (12, 13):  # we offer no compression
            fine |= {"UNIMPLEMENTED"}
        return self.behaviour in fine and self.closing in fine


def find_python() -> str | None:
    """Return a working Python 2.7: $PYTHON27, one on the path, or one of pyenv's."""
    for name in _candidates():
        try:
            said = subprocess.run(
                [name, "-c", "import sys, ssl; print(sys.version_info[:2])"],
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError:
            continue
        if said.stdout.strip() == "(2, 7)":
            return name
    return None


def _candidates() -> Iterator[str]:
    yield os.environ.get("PYTHON27", "python2.7")
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=False)
        versions = Path(root.stdout.strip()) / "versions"
        yield from map(str, sorted(versions.glob("*2.7*/bin/python")))


def install(python: str) -> None:
    """Install the suite unless it is installed. Raises CalledProcessError."""
    stamp = FOLDER / REQUIREMENTS.name
    if stamp.exists() and stamp.read_bytes() == REQUIREMENTS.read_bytes():
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*command, "--no-deps", "--target", str(FOLDER), "--requirement", str(REQUIREMENTS)],
        check=True,
    )
    # With --target the .pth file that would make it a package is not read.
    (FOLDER / "zope" / "__init__.py").touch()
    stamp.write_bytes(REQUIREMENTS.read_bytes())


async def run(python: str) -> list[Case]:
    """Run all cases; return the results, in the suite's order."""
    with tempfile.TemporaryDirectory() as folder:
        async with echo_server() as url:
            specification = _specify(folder, f"ws{url.removeprefix('http')}/")
            program = "from autobahntestsuite.wstest import run; run()"
            process = await asyncio.create_subprocess_exec(
                *(python, "-c", program, "-m", "fuzzingclient", "-s", specification),
                env={**os.environ, "PYTHONPATH": str(FOLDER)},
                cwd=folder,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            try:
                async with asyncio.timeout(LIMIT_S):
                    said, _ = await process.communicate()
            finally:
                if process.returncode is None:
                    process.kill()
        return _read_report(folder, said.decode())


def _specify(folder: str, url: str) -> str:
    """Write the specification of the run; return its path."""
    specification = {
        "outdir": folder,
        "servers": [{"agent": "parley", "url": url}],
        "cases": ["*"],
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }
    path = Path(folder, "fuzzingclient.json")
    path.write_text(json.dumps(specification))
    return str(path)


def _read_report(folder: str, said: str) -> list[Case]:
    index = Path(folder, "index.json")
    if not index.exists():
        raise RuntimeError(f"Autobahn's suite made no report:\n{said[-2000:]}")
    cases = json.loads(index.read_text())["parley"]
    found = [Case(id, case["behavior"], case["behaviorClose"]) for id, case in cases.items()]
    return sorted(found, key=lambda case: [*map(int, case.id.split("."))])
