"""A site that the tests share; each test must leave it healthy."""

from collections.abc import Iterator

import pytest

from tests.support.site import DURABLE, Site, run_site


@pytest.fixture(scope="session")
def shared_site() -> Iterator[Site]:
    with run_site(3, *DURABLE) as site:
        yield site


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """Yield three instances on a Redis that loses nothing; unexpected log lines fail the test."""
    yield shared_site
    shared_site.until_ready()
    assert not shared_site.surprises()
