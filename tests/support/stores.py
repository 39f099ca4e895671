"""Instances over each kind of store: one with the embedded one, or two that share a Redis."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.support.server import ServerProcess, run_server
from tests.support.site import run_site

STORES = ("embedded", "redis")


@contextmanager
def instances_over(store: str, **env: str) -> Iterator[Sequence[ServerProcess]]:
    """Run instances with ``env`` and without rate limits; yield two, which may be the same."""
    if store == "embedded":
        with run_server(RATE_LIMITS="off", **env) as server:
            yield server, server
    else:
        with run_site(2, **env) as site:
            yield site.servers
