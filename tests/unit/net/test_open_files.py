"""What the system allows is used, less a reserve."""

import resource
import subprocess
import sys

from chat.net.open_files import RESERVED, first_reserved


def with_limits(soft: int, hard: int, code: str) -> str:
    """Return what ``code`` prints in a process with these limits."""
    limits = f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))"
    start = f"import resource; from chat.net import open_files; {limits}; {code}"
    done = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_limit_is_raised_to_what_the_system_allows() -> None:
    show = "open_files.raise_limit(); print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    assert with_limits(200, 300, show) == "(300, 300)"
    assert with_limits(300, 300, show) == "(300, 300)"


def test_a_part_of_it_is_for_no_connection() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert first_reserved() == soft - RESERVED


def test_where_there_is_little_half_of_it_is() -> None:
    show = "print(open_files.first_reserved())"
    assert with_limits(2 * RESERVED, 2 * RESERVED, show) == str(RESERVED)
    assert with_limits(2 * RESERVED - 2, 2 * RESERVED, show) == str(RESERVED - 1)
