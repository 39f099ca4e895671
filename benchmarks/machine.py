"""Pins processes to cores, and measures their CPU time and memory.

Linux only: it reads /proc (proc_pid_schedstat: nanoseconds on a CPU; smaps_rollup: the
proportional set size).
"""

import json
import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.support.server import ROOT

# The server has one core to itself; the load generator has another.
SERVER_CPU = 0
GENERATOR_CPU = 1


def pin_here() -> None:
    """Keep this process off the servers' core."""
    os.sched_setaffinity(0, {GENERATOR_CPU})


@contextmanager
def on_cpu(cpu: int) -> Iterator[None]:
    """Run processes started meanwhile on ``cpu`` alone, with their threads and children."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def family(pid: int) -> list[int]:
    """Return ``pid`` and its descendants."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(child) for listed in children for child in listed.read_text().split()]
    return [pid, *(one for child in found for one in family(child))]


def cpu_s(pid: int) -> float:
    """Return the CPU seconds used by all threads of ``pid`` and its descendants."""
    stats = (stat for one in family(pid) for stat in Path(f"/proc/{one}/task").glob("*/schedstat"))
    return sum(int(stat.read_text().split()[0]) for stat in stats) / 1e9


def memory_bytes(pid: int) -> int:
    """Return the proportional set size of ``pid`` and its descendants."""
    rollups = (Path(f"/proc/{one}/smaps_rollup").read_text() for one in family(pid))
    lines = (line for rollup in rollups for line in rollup.splitlines())
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def about() -> list[str]:
    """Return the lines of a report about the commit, the machine and the date."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    # Of what is measured: each round rewrites its results.
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":!benchmarks/results")
    changes = ", with changes" if changed else ""
    cpu = next(
        (line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")),
        platform.machine(),
    )  # fmt: skip
    return [
        f"- Parley: commit {commit}{changes}",
        f"- Machine: {cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}",
        f"- Date: {datetime.now(UTC):%Y-%m-%d}",
    ]


def peers() -> list[str]:
    """Return the names and pinned versions of the peers."""
    here = Path(__file__).parent
    node = json.loads((here / "package.json").read_text())["dependencies"]
    python = (here / "requirements.in").read_text().splitlines()
    pinned = [line.replace("==", " ") for line in python if line and not line.startswith("#")]
    return [*(f"{name} {version}" for name, version in node.items()), *pinned]


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
