"""How many files, sockets among them, this process may have open (getrlimit(2), RLIMIT_NOFILE)."""

import logging
import resource
from typing import Final

log: Final = logging.getLogger(__name__)

# For what is opened while we are full: files being sent, connections to Redis, a reading thread's
# own view of the log; and for those who are told that we are.
RESERVED: Final = 100
# What one process can't serve anyway; and a number where the system says "unlimited".
MOST: Final = 1 << 16


def raise_limit() -> None:
    """Let this process open as many as the system allows: shells and units begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # macOS has a lower one, that it does not tell of here
        log.warning("No more than %d files and connections can be open at once", soft)


def first_reserved() -> int:
    """Return the descriptor from which on none is for a connection."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        limit = MOST
    return limit - min(RESERVED, limit // 2)
