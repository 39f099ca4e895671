"""A site that the tests share: each leaves it healthy, or the next one shows that it did not."""

from collections.abc import Iterator

import pytest

from tests.support.site import DURABLE, Site, run_site


@pytest.fixture(scope="session")
def shared_site() -> Iterator[Site]:
    with run_site(3, *DURABLE) as site:
        yield site


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """Three instances on a Redis that loses nothing; log lines must be expected."""
    yield shared_site
    assert not shared_site.surprises()
