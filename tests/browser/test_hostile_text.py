"""Ten pages of hostile text do nothing, stay where they are, and cost little more than others."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from tests.browser.conftest import new_guests
from tests.browser.firefox import Tab
from tests.browser.guest import Guest
from tests.browser.hostile_texts import HOSTILE, LIMIT
from tests.browser.window import Window
from tests.support.server import ServerProcess, run_server

PLAIN = "plain"
SIZES = {"desktop": (1200, 900), "phone": (390, 844)}

# What no message may have, and what is out of its place; but not what a box cuts or scrolls.
FAULTS = """
    const faults = []
    const name = (row) => row.querySelector(".body").textContent.slice(0, 30)
    const log = document.getElementById("log")
    for (const each of [document.documentElement, document.body, log]) {
      if (each.scrollWidth > each.clientWidth) faults.push(["scrolls sideways", each.id])
    }
    if (window.ran || document.title.includes("ran")) faults.push(["a script ran"])
    const requests = performance.getEntriesByType("resource").map((entry) => entry.name)
    if (requests.some((url) => !url.startsWith(location.origin))) faults.push(["asks", requests])
    const column = document.getElementById("messages").getBoundingClientRect()
    const rows = [...document.querySelectorAll("#messages > .message")]
    const ALLOWED = "p, br, em, strong, s, code, pre, blockquote, ul, ol, li, a, span, div.table, "
      + "table, thead, tbody, tr, th, td, input[type=checkbox]:disabled, .copy"
    let above = -Infinity
    const clips = (e) => getComputedStyle(e).overflowX !== "visible"
    for (const row of rows) {
      const cuts = new Map()
      const cutOf = (e) => {
        if (!cuts.has(e)) cuts.set(e, clips(e) && e.getBoundingClientRect())
        return cuts.get(e)
      }
      const box = row.getBoundingClientRect()
      const fault = (...words) => faults.push([name(row), ...words])
      if (box.left < column.left - 1 || box.right > column.right + 1) fault("beside the column")
      if (box.top < above - 1) fault("over the row above")
      above = box.bottom
      const body = row.querySelector(".body")
      for (const each of row.querySelectorAll("*")) {
        if (!each.checkVisibility()) continue
        let { left, right, top, bottom } = each.getBoundingClientRect()
        for (let e = each.parentElement; e !== row.parentElement; e = e.parentElement) {
          const cut = cutOf(e)
          if (!cut) continue
          ;[left, right] = [Math.max(left, cut.left), Math.min(right, cut.right)]
          ;[top, bottom] = [Math.max(top, cut.top), Math.min(bottom, cut.bottom)]
        }
        if (each.closest(".tools") || left >= right || top >= bottom) continue
        if (left < box.left - 1 || right > box.right + 1) fault("beside its row", each.tagName)
        if (top < box.top - 1 || bottom > box.bottom + 1) fault("over its row", each.tagName)
      }
      for (const each of body.querySelectorAll("*")) {
        const isBad = [...each.attributes].some(({ name }) => /^on|^style$/.test(name))
        if (isBad || !each.matches(ALLOWED)) fault("not allowed", each.outerHTML.slice(0, 80))
      }
      if (!clips(body) && body.scrollWidth > body.clientWidth + 1) fault("text beside its row")
    }
    return faults
"""
# The heights of the plain messages, and where their texts begin.
PLAIN_PLACES = """
    return [...new Set([...document.querySelectorAll("#messages > .message--follows")]
      .filter((row) => row.querySelector(".body").textContent === "plain")
      .map((row) => {
        const [box, text] = [row, row.querySelector("p")].map((e) => e.getBoundingClientRect())
        return [box.height, text.left, text.top - box.top].map(Math.round).join()
      }))]
"""
LOADED = """
    document.getElementById("log").scrollTop = -1e9
    return document.querySelectorAll("#messages > .message").length
"""
SHOW_ALL = """
    for (const button of document.querySelectorAll(".show-all[aria-expanded=false]")) button.click()
    return document.querySelectorAll(".show-all").length
"""
# Ends when the page has seen its new size, and cut what is too long at it.
SETTLED = "return new Promise((end) => requestAnimationFrame(() => requestAnimationFrame(end)))"
# How long each HTML takes to become a message that is laid out, in milliseconds.
COSTS = """
    const row = document.querySelector("#messages > .message").cloneNode(true)
    document.getElementById("messages").append(row)
    const body = row.querySelector(".body")
    const costs = arguments[0].map((html) => {
      const began = performance.now()
      body.innerHTML = html
      row.getBoundingClientRect()
      body.textContent = ""
      row.getBoundingClientRect()
      return performance.now() - began
    })
    row.remove()
    return costs
"""
# How much longer the plain message is: then it takes as long as the dearest one, and what else the
# machine does interrupts both alike.
TIMES = 60
ROUNDS = 9


# Of all messages, the oldest first; a page of history has a limit in bytes.
HTMLS = """
    const load = async (query = "", later = []) => {
      const answer = await fetch(`/api/rooms/general/messages?limit=200${query}`)
      const { messages, more } = await answer.json()
      const all = [...messages, ...later]
      return more ? load(`&before=${all[0].offset}`, all) : all.map(({ html }) => html)
    }
    return load()
"""


@pytest.fixture(scope="module")
def hostile(port: int) -> Iterator[ServerProcess]:
    """A server with a room in which each hostile message is followed by a plain one."""
    with run_server(port=port, RATE_LIMITS="off") as server:
        guest = Guest(server.url)
        texts = [text for each in HOSTILE for text in (each, PLAIN)]
        keys = (f"k-{n}" for n in range(len(texts)))
        sends = [
            {"type": "send", "room": "general", "text": text, "key": key}
            for text, key in zip(texts, keys, strict=True)
        ]
        for send in sends:  # one by one: a request has a limit
            assert guest.do(send)[0]["type"] == "ok", send
        yield server


@pytest.fixture(params=["chromium", "firefox"])
def reader(request: pytest.FixtureRequest, hostile: ServerProcess) -> Iterator[Window]:
    if request.param == "chromium":
        with new_guests([request.getfixturevalue("browser")], hostile) as (window,):
            yield window
        return
    tab: Tab = request.getfixturevalue("firefox").new_tab()
    window = Window(cast(Any, tab))
    window.server = hostile.url
    yield window
    tab.close()


def resize(window: Window, width: int, height: int) -> None:
    if isinstance(window.driver, Tab):
        window.driver.resize(width, height)
    else:
        window.resize(width, height, scale=1, is_phone=width < 500)
    window.run(SETTLED)


def is_harmless(window: Window) -> None:
    assert window.run(FAULTS) == []
    assert len(window.run(PLAIN_PLACES)) == 1


def test_ten_pages_of_hostile_text_are_harmless(reader: Window) -> None:
    assert sum(map(len, HOSTILE)) > 10 * LIMIT
    reader.open()
    reader.until(lambda: reader.run(LOADED) == 2 * len(HOSTILE))
    for size in reversed(SIZES.values()):
        resize(reader, *size)
        is_harmless(reader)
    for size in SIZES.values():  # what is long may be another at another width
        resize(reader, *size)
        assert reader.until(lambda: reader.run(SHOW_ALL)) > 10
        is_harmless(reader)


def test_no_hostile_text_takes_much_longer_to_show_than_a_plain_one(reader: Window) -> None:
    reader.open()
    plain = f"<p>{'some plain words ' * (LIMIT // 17)}</p>" * TIMES
    htmls = reader.run(HTMLS)[::2]
    rounds = [reader.run(COSTS, [plain, *htmls]) for _ in range(ROUNDS)]
    # The least of each: what else the machine does only makes it longer.
    plain_ms, *costs_ms = map(min, zip(*rounds, strict=True))
    ratios = [cost_ms / plain_ms * TIMES for cost_ms in costs_ms]
    # 4,000 marks on one letter have some 65; what grows with the square has hundreds.
    assert [text[:40] for text, ratio in zip(HOSTILE, ratios, strict=True) if ratio > 120] == []
