"""Scripts come as fast as they may be kept, and never stale."""

import re

import pytest

from chat.application import ROOT
from tests.support.client import Client
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)

MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("static/js/**/*.js"))


@pytest.fixture
def url(http_server: object, base_url: str) -> str:
    return base_url


async def test_a_module_without_its_version_sends_on_to_it_each_time(url: str) -> None:
    assert MODULES
    async with Client(url) as client:
        for path in MODULES:
            response = await client.get(f"/{path}")
            assert (response.code, response.headers["Cache-Control"]) == (302, "no-cache")
            address = response.headers["Location"]
            assert re.fullmatch(rf"/static/v[0-9a-f]{{12}}/{path.removeprefix('static/')}", address)
            module = await client.get(address)
            assert module.code == 200
            assert "javascript" in module.headers["Content-Type"]
            assert module.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_picture_without_its_version_is_asked_about_each_time(url: str) -> None:
    async with Client(url) as client:
        response = await client.get("/static/images/parley.svg")
        assert (response.code, response.headers["Cache-Control"]) == (200, "no-cache")
        again = await client.get(
            "/static/images/parley.svg", {"If-None-Match": response.headers["ETag"]}
        )
        assert (again.code, again.body) == (304, b"")


async def test_a_module_with_its_version_is_kept_for_good(url: str) -> None:
    async with Client(url) as client:
        page = (await client.get("/")).body.decode()
        versioned = set(re.findall(r'"(/static/v[0-9a-f]{12}/[^"]+)"', page))
        for entry in ("js/connected.js", "js/main.js", "css/chat.css"):
            assert any(address.endswith(entry) for address in versioned)
        for address in versioned:
            response = await client.get(address)
            assert response.headers["Cache-Control"] == f"max-age={10 * 365 * 86400}, immutable"


@pytest.mark.parametrize("language", ["en", "de"])
async def test_until_one_can_write_few_and_short_files_are_loaded(url: str, language: str) -> None:
    """At most 16 requests and 90 KiB for the whole page: the connection's are not among these."""
    asked = {"Accept-Encoding": "gzip, br", "Accept-Language": language}
    async with Client(url) as client:
        page = await client.get("/", asked)
        text = (await client.get("/")).body.decode()
        addresses = set(re.findall(r'"(/static/v[0-9a-f]{12}/[^"]+)"', text))
        files = [await client.get(path, asked) for path in addresses]
        sizes_bytes = [len(answer.body) for answer in (page, *files)]
        assert len(sizes_bytes) <= 10
        assert sum(sizes_bytes) <= 75 << 10


async def test_a_module_of_another_version_is_ours_and_not_kept(url: str) -> None:
    async with Client(url) as client:
        response = await client.get(f"/static/v{'0' * 12}/{MODULES[0].removeprefix('static/')}")
        assert (response.code, response.headers["Cache-Control"]) == (200, "no-cache")


async def test_the_page_lets_its_own_workers_run_and_nobody_elses(url: str) -> None:
    async with Client(url) as client:
        policy = (await client.get("/")).headers["Content-Security-Policy"]
        assert "worker-src 'self'" in policy.split("; ")
