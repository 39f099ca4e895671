"""The limit on open files, including sockets, of this process (getrlimit(2), RLIMIT_NOFILE)."""

import logging
import resource
from typing import Final

log: Final = logging.getLogger(__name__)

# Descriptors for what is opened while we are full: files being sent, connections to Redis, a
# reading thread's own connection to the log, and clients being refused.
RESERVED: Final = 100
# More than one process can serve; also replaces "unlimited" by a number.
MOST: Final = 1 << 16


def raise_limit() -> None:
    """Let this process open as many files as the system allows; the usual default is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # macOS has a lower limit that getrlimit does not report
        log.warning("No more than %d files and connections can be open at once", soft)


def first_reserved() -> int:
    """Return the first descriptor that is reserved for uses other than connections."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        limit = MOST
    return limit - min(RESERVED, limit // 2)
