"""Pages are in the language that a person has chosen, or else in that of the browser."""

import json
import re

import pytest

from tests.support.client import Client
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)

PAGES = ("/", "/rooms/general", "/doctor", "/signin", "/join?code=unknown", "/nothing/here")
GERMAN = {"Accept-Language": "de-AT, en;q=0.5", "Accept": "text/html"}


@pytest.fixture
def url(http_server: object, base_url: str) -> str:
    return base_url


async def language_of(client: Client, path: str, headers: dict[str, str]) -> str:
    answer = await client.get(path, headers)
    found = re.search(r'<html lang="([\w-]+)" dir="ltr">', answer.body.decode())
    assert found and answer.headers["Content-Language"] == found[1]
    return found[1]


async def test_a_page_is_in_the_language_of_the_browser(url: str) -> None:
    async with Client(url) as client:
        for path in PAGES:
            assert await language_of(client, path, GERMAN) == "de"
            assert await language_of(client, path, {"Accept": "text/html"}) == "en"
            french = {"Accept-Language": "fr", "Accept": "text/html"}
            assert await language_of(client, path, french) == "en"


async def test_what_a_person_has_chosen_counts_more(url: str) -> None:
    for chosen, shown in (("en", "en"), ("de", "de"), ("xx", "de"), ("", "de")):
        async with Client(url) as client:
            for path in PAGES:
                cookie = {"Cookie": f"parley_language={chosen}"}
                assert await language_of(client, path, {**GERMAN, **cookie}) == shown


async def test_a_page_brings_the_texts_of_its_scripts_unless_they_are_english(url: str) -> None:
    async with Client(url) as client:
        page = (await client.get("/", GERMAN)).body.decode()
        found = re.search(r'id="texts" data-late="([^"]+)">(.*?)</script>', page)
        assert found and json.loads(found[2])["Join to write"] == "Mitmachen"
        late = json.loads((await client.get(found[1])).body)
        assert late["New room"] == "Neuer Raum"
        assert late.keys().isdisjoint(json.loads(found[2]))
        assert 'id="texts"' not in (await client.get("/")).body.decode()
        assert (await client.get(found[1].replace("de", "en"))).code == 404


async def test_an_error_is_said_to_people_in_their_language(url: str) -> None:
    async with Client(url) as client:
        page = (await client.get("/nothing/here", GERMAN)).body.decode()
        assert "Nicht gefunden" in page and "Unter /nothing/here gibt es nichts." in page


async def test_a_form_is_refused_in_the_language_of_its_page(url: str) -> None:
    async with Client(url) as client:
        page = (await client.get("/join?code=unknown", GERMAN)).body.decode()
        assert "This link is not valid" not in page
        assert "Dieser Link gilt nicht" in page


async def test_what_is_refused_is_said_to_programs_in_english(url: str) -> None:
    async with Client(url) as client:
        answer = await client.get("/nothing/here", {"Accept-Language": "de"})
        assert json.loads(answer.body)["message"] == "There is nothing at /nothing/here."


async def test_caches_keep_the_languages_apart(url: str) -> None:
    async with Client(url) as client:
        for path in PAGES:
            answer = await client.get(path, GERMAN)
            assert answer.headers["Vary"] == "Accept, Accept-Encoding, Accept-Language, Cookie"
