"""The chat on paper, and in the few colours that some people have chosen for all pages."""

from collections.abc import Iterator

import pytest

from tests.browser.guest import Guest
from tests.browser.window import Window

# What is printed: the texts, whether each has its time, and what is there to press.
PRINTED = """
    const seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    const rows = [...document.querySelectorAll("#messages > .message")]
    const height = document.documentElement.scrollHeight
    return {
      texts: rows.filter((e) => seen(e) && e.getBoundingClientRect().top + scrollY >= 0
        && e.getBoundingClientRect().bottom + scrollY <= height).length,
      times: rows.filter((e) => seen(e.querySelector("time"))).length,
      heads: rows.filter((e) => seen(e.querySelector(".author"))).length,
      cut: rows.filter((e) => {
        const body = e.querySelector(".body")
        const isClipped = getComputedStyle(body).overflowY !== "visible"
        return isClipped && body.scrollHeight > body.clientHeight
      }).length,
      controls: [...document.querySelectorAll("button, input:not([type=checkbox]), textarea, nav")]
        .filter((e) => seen(e) && !e.matches(".reaction")).map((e) => e.outerHTML.slice(0, 60)),
    }
"""
# What each state changes in what a browser leaves of a style sheet in forced colours.
STATES = """
    const KEPT = ["outlineStyle", "outlineWidth", "borderTopStyle", "borderTopWidth",
      "borderInlineStartWidth", "borderInlineStartStyle", "fontWeight"]
    const look = (e) => {
      const style = getComputedStyle(e)
      const own = style.forcedColorAdjust === "none" ? style.backgroundColor : ""
      return [...KEPT.map((name) => style[name]), own].join()
    }
    const differs = (selector, set, unset) => {
      const element = document.querySelector(selector)
      set(element)
      const with_ = look(element)
      unset(element)
      return with_ !== look(element)
    }
    const byClass = (selector, name) =>
      differs(selector, (e) => e.classList.add(name), (e) => e.classList.remove(name))
    const byAttribute = (selector, name, on, off) =>
      differs(selector, (e) => e.setAttribute(name, on), (e) => off === null
        ? e.removeAttribute(name) : e.setAttribute(name, off))
    return {
      mentioned: byClass(".message", "message--mentioned"),
      linked: byClass(".message", "message--focus"),
      edited: byClass(".message", "message--edited"),
      room: byAttribute("#rooms a", "aria-current", "page", null),
      reaction: byAttribute(".reaction", "aria-pressed", "true", "false"),
      presence: getComputedStyle(document.querySelector(".person__dot")).forcedColorAdjust,
    }
"""


@pytest.fixture
def filled(window: Window) -> Iterator[Window]:
    guest = Guest(window.server)
    long = "\n".join(f"line {n}" for n in range(60))
    texts = (*(f"message {n}" for n in range(40)), long, "```python\nreturn 1\n```")
    offset = guest.say("general", *texts)[-1]
    guest.do({"type": "react", "room": "general", "offset": offset, "emoji": "👍", "on": True})
    window.open()
    window.until(lambda: len(window.messages()) == len(texts), "not all messages are loaded")
    window.until(lambda: window.has(".show-all"), "nothing is cut")
    window.until(lambda: window.has(".person__dot"), "nobody is here")
    yield window
    window.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def test_all_loaded_messages_are_printed_with_names_and_times_and_nothing_to_press(
    filled: Window,
) -> None:
    filled.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    printed = filled.run(PRINTED)
    assert printed["texts"] == printed["times"] == 42
    assert printed["heads"] >= 1
    assert (printed["cut"], printed["controls"]) == (0, [])


def test_states_are_told_without_colours(filled: Window) -> None:
    filled.prefer(forced_colors="active")
    states = filled.run(STATES)
    assert states.pop("presence") == "none"  # its colour stays
    assert all(states.values()), states
