"""What reading and writing is like: the log keeps still, keys get where they are meant for."""

from typing import cast

from tests.browser.firefox import Tab
from tests.browser.guest import Guest
from tests.browser.window import SAY, Window

# From now on, where the oldest message stands in each frame while none of the newest is told of.
WATCH = """
    const first = document.querySelector(".message")
    window.tops = []
    const look = () => {
      const told = document.querySelector(".message[data-key] .delivery:not([hidden])")
      if (!told) window.tops.push(Math.round(first.getBoundingClientRect().top))
      requestAnimationFrame(look)
    }
    look()
"""
TOPS = "return window.tops.filter((top, at, tops) => at === 0 || top !== tops[at - 1])"
# Focus on what is no field, as after a click; then what is typed, and what has the focus.
FOCUS = "document.querySelector(arguments[0]).focus(); return document.activeElement.id"
COMPOSED = """
    const field = document.getElementById("text")
    return [field.value, document.activeElement === field]
"""
CLEAR = """
    const field = document.getElementById("text")
    field.value = ""
    field.dispatchEvent(new InputEvent("input", { bubbles: true }))
"""
DIRECTIONS = """
    return [...document.querySelectorAll(".message:last-of-type .body p")].map((each) => {
      const [line, box] = [document.createRange(), each.getBoundingClientRect()]
      line.selectNodeContents(each)
      const text = line.getBoundingClientRect()
      return text.left - box.left > box.right - text.right ? "rtl" : "ltr"
    })
"""
SIDEWAYS = """
    return [document.documentElement, document.getElementById("log")]
      .map((each) => each.scrollWidth - each.clientWidth)
"""
# A clock that can be put forward; it begins at noon of the day of the newest message.
CLOCK = """
    const Real = Date
    const day = new Real([...document.querySelectorAll("time")].at(-1).dateTime)
    window.shift_ms = day.setHours(12, 0, 0, 0) - Real.now()
    window.Date = class extends Real {
      constructor(...parts) {
        if (parts.length) super(...parts)
        else super(Real.now() + window.shift_ms)
      }
      static now() { return Real.now() + window.shift_ms }
    }
"""
# As when one comes back to the window the next day: timers may have stood still.
A_DAY_LATER = """
    window.shift_ms += 24 * 3600 * 1000
    document.dispatchEvent(new Event("visibilitychange"))
"""
LOOK_AT_DAY = 'document.dispatchEvent(new Event("visibilitychange"))'
DAYS = "return [...document.querySelectorAll('.day')].map((each) => each.textContent.trim())"
REACTIONS = """
    return [...document.querySelectorAll(".message:has(.reaction) .reaction")]
      .map((each) => each.textContent.trim().split(/\\s/)[0])
"""


def test_reading_and_writing_go_on_undisturbed(page: Window) -> None:
    guest = Guest(page.server)
    offsets = guest.say("general", *(f"before {n}" for n in range(40)))
    page.open()
    page.sees("before 39")

    # The log: it moves up by the new row and keeps still, whatever becomes of that.
    page.run(WATCH)
    for text in ("one", "two", "three"):
        moves = len(page.run(TOPS))
        page.run(SAY, text)
        page.sees(text)
        page.until(lambda: page.run("return document.querySelector('.message[data-key]') === null"))
        page.until(lambda moves=moves: len(page.run(TOPS)) > moves)
    tops = page.run(TOPS)
    assert tops == sorted(tops, reverse=True)
    assert len(tops) == 4

    # Keys that write reach the composer from wherever one is.
    for place in ("#log", "#messages .message:last-of-type", "#about-room", "#rooms a"):
        page.run(FOCUS, place)
        press(page, "hé")
        page.until(lambda: page.run(COMPOSED) == ["hé", True])
        page.run(CLEAR)

    # Each paragraph has its own direction.
    guest.say("general", "שלום\n\nhello")
    page.until(lambda: page.run(DIRECTIONS) == ["rtl", "ltr"])

    # Marks heaped on one letter stay in their place.
    for mark in ("\u0301", "\u0489", "\u035c", "\u20e0"):
        guest.say("general", "a" + 1_300 * mark)
        page.until(lambda mark=mark: page.messages()[-1].count(mark) == 1_300)
        assert page.run(SIDEWAYS) == [0, 0]

    # Reactions are in the order in which they came.
    emoji = ["🙏", "👍", "❤️", "🎉", "😂"]
    react = {"type": "react", "room": "general", "offset": offsets[-1], "on": True}
    guest.do(*({**react, "emoji": each} for each in emoji))
    page.until(lambda: page.run(REACTIONS) == emoji)
    page.open()
    page.until(lambda: page.run(REACTIONS) == emoji)

    # A day is called as it is to be called now.
    page.run(CLOCK)
    page.run(LOOK_AT_DAY)
    page.until(lambda: page.run(DAYS) == ["Today"])
    page.run(A_DAY_LATER)
    page.until(lambda: page.run(DAYS) == ["Yesterday"])
    page.run(A_DAY_LATER)
    page.until(lambda: page.run(DAYS) not in (["Today"], ["Yesterday"]))


def press(page: Window, text: str) -> None:
    """Type, wherever the focus is."""
    if isinstance(page.driver, Tab):
        cast(Tab, page.driver).type(text)
    else:
        page.press(text)
