"""Files where a site has limits for them, or none."""

from typing import Any

from tests.browser.given_files import CHIPS, give, has_ready
from tests.browser.person import Person
from tests.browser.window import SAY
from tests.support.server import run_server


def test_refusals_are_in_words(browser: Any) -> None:
    with run_server(FILE_MB="1", FILES_MB_PER_DAY="1") as server:
        me = Person(browser, server.url)
        me.enter()
        give(me, "choose", {"name": "large.bin", "bytes": 1_000_001}, {"name": "none", "bytes": 0})
        about = "return [...document.querySelectorAll('.attachment__about')].map(e => e.innerText)"
        me.until(lambda: me.run(CHIPS) == [["large.bin", "failed"], ["none", "failed"]])
        assert me.run(about) == ["This file is too large: 1 MB is the most.", "This file is empty."]
        assert not me.has(".attachment__retry")  # that would not help
        me.run("for (const e of document.querySelectorAll('.attachment__remove')) e.click()")
        me.until(lambda: me.run(CHIPS) == [])
        give(me, "choose", {"name": "1.bin", "bytes": 900_000})
        has_ready(me, "1.bin")
        give(me, "choose", {"name": "2.bin", "bytes": 900_000})
        me.until(lambda: me.run(CHIPS) == [["1.bin", "ready"], ["2.bin", "failed"]])
        assert "You have uploaded much today; upload more later." in me.text("#attachments")
        give(me, "choose", *({"name": f"{n}.txt", "bytes": 0} for n in range(9)))
        me.shows("#text-problem", "A message has at most 10 files.")
        browser.get("about:blank")


def test_where_there_are_no_files_nothing_offers_them(browser: Any) -> None:
    with run_server(FILES="off") as server:
        me = Person(browser, server.url)
        me.enter()
        assert not me.has("#attach")
        me.run(SAY, "words are enough")
        me.sees("words are enough")
        browser.get("about:blank")
