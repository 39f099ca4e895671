"""Reads a process's memory use from Linux."""

from pathlib import Path

import pytest

ON_LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux itself")


def memory_bytes(pid: int, field: str) -> int:
    """Return ``field`` of the process's status: VmRSS is the present use, VmHWM the peak."""
    (line,) = [
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith(f"{field}:")
    ]
    return int(line.split()[1]) << 10


def forget_peak(pid: int) -> None:
    """Reset VmHWM (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
