"""A server that is away for two hours: nothing is lost, and the page tells the truth meanwhile."""

from tests.browser.firefox import Tab
from tests.browser.guest import Guest
from tests.browser.window import IS_KEPT, SAY, Window
from tests.support.server import ServerProcess

TWO_HOURS_LATER = """
    const shift_ms = 2 * 3600 * 1000
    const [now, elapsed] = [Date.now.bind(Date), performance.now.bind(performance)]
    Date.now = () => now() + shift_ms
    performance.now = () => elapsed() + shift_ms
"""
EDIT = """
    const row = [...document.querySelectorAll(".message")]
      .find((each) => each.querySelector(".body").textContent === arguments[0])
    row.querySelector("[data-delivery-action=edit]").click()
"""
FATES = """
    return [...document.querySelectorAll(".message[data-key]")].map((row) =>
      [row.querySelector(".body").textContent, row.querySelector(".delivery__text").textContent])
"""
JOIN_DEV = """
    const body = JSON.stringify({ type: "join", room: "dev" })
    return fetch("/send", { method: "POST", body }).then(() => true)
"""


def preload(page: Window, script: str) -> None:
    """Have ``script`` run before those of the next pages."""
    if isinstance(page.driver, Tab):
        page.driver.preload(script)
    else:
        source = {"source": f"{{ {script} }}"}
        added = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", source)
        page.added = added["identifier"]  # type: ignore[attr-defined]


def test_ten_messages_written_while_the_server_is_away_arrive_in_order_once(
    page: Window, server: ServerProcess
) -> None:
    page.open()
    page.run(JOIN_DEV)
    page.until(lambda: "dev" in page.rooms())
    assert not page.has("#bar")
    page.until(lambda: page.run(IS_KEPT), "no page is kept")
    server.kill()
    texts = [f"message {n}" for n in range(10)]
    page.until(lambda: not page.text("#status-text").startswith("Connected"))
    for text in texts:
        page.run(SAY, text)
    waiting = "waiting for the connection"
    page.until(lambda: page.run(FATES) == [[text, waiting] for text in texts])
    page.until(lambda: page.text("#bar-text").startswith("The server can't be reached."))
    page.shows("#bar-detail", "10 messages are kept, and sent in order when it is back.")
    page.shows("#people-title", "Last seen here")
    page.run(EDIT, "message 3")
    page.run(SAY, "message 3, edited")
    texts[3] = "message 3, edited"
    page.until(lambda: page.run(FATES) == [[text, waiting] for text in texts])

    page.run("document.querySelector('#rooms [data-room=dev]').click()")
    page.shows("#room-name", "dev")
    page.shows("#bar-detail", "10 messages are kept, and sent in order when it is back.")
    page.until(lambda: page.run(FATES) == [])
    page.driver.get(server.url)  # the page itself is the one that the service worker has kept
    page.until(lambda: page.run(FATES) == [[text, waiting] for text in texts])

    preload(page, TWO_HOURS_LATER)
    try:
        server.start()
        page.open()
        page.sees(*texts)
        page.until(lambda: not page.has("#bar, .message--waiting, .message--refused"))
        page.until(lambda: page.text("#people-title").startswith("Here now"))
        assert Guest(server.url).texts("general") == texts
    finally:
        if not isinstance(page.driver, Tab):
            page.driver.execute_cdp_cmd(
                "Page.removeScriptToEvaluateOnNewDocument",
                {"identifier": page.added},  # type: ignore[attr-defined]
            )


def test_a_link_to_no_message_or_no_room_says_so_and_offers_what_can_be_done(
    window: Window, server: ServerProcess
) -> None:
    Guest(server.url).say("general", "one", "two")
    window.open("/rooms/general/999999")
    assert "past the newest message" in window.find("#missing").text
    window.sees("one", "two")
    window.until(lambda: window.text("#log-start") == "This is the beginning of #general.")
    window.click("#missing button")
    window.until(lambda: not window.has("#missing"))
    window.open("/rooms/nosuchroom")
    assert window.text("#log-start").startswith("There is no room #nosuchroom.")
    assert window.find("#join").text == "Create it"
    assert "nosuchroom" not in [room["room"] for room in Guest(server.url).rooms()]
    window.click("#join")
    window.find("#composer")
    window.until(lambda: window.text("#log-start").startswith("Nothing was said in #nosuchroom"))
