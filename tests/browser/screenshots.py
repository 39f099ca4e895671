"""`make screenshots`: pictures of each page and state.

Each is taken in light and dark, on a desktop and on a phone, and is written to docs/images/: those
of people, rooms and order, and those of the chat page itself (tests.browser.screenshots_page).
Names of states on the command line limit it to those.
"""

import base64
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

from selenium.webdriver import Chrome

from tests.browser.conftest import run_browser
from tests.browser.person import Person, set_up, setup_path, sign_up_by
from tests.browser.window import USER
from tests.support.server import ROOT, ServerProcess, run_server

# Brings a person's page into a state, which has a name, by the function; and looks at it.
Look = Callable[[Person, str, Callable[[], None]], None]

IMAGES = ROOT / "docs/images"
SIZES = {"desktop": (1200, 750, False), "phone": (390, 844, True)}
THEMES = ("light", "dark")
# A tenth of the size of a PNG.
FORMAT = {"format": "webp", "quality": 60}
MEDIA = {"print": "print"}  # by state


class Photographer:
    """Takes the pictures of one browser's page, state by state."""

    def __init__(self, folder: str, only: set[str]) -> None:
        self._folder = IMAGES / folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._only = only

    def shoot(self, person: Person, state: str, prepare: Callable[[], None]) -> None:
        """Bring the page into a state by ``prepare``, for each size, and take it in each theme."""
        if self._only and state not in self._only:
            return
        for size, (width, height, is_phone) in SIZES.items():
            person.resize(width, height, scale=1, is_phone=is_phone)
            prepare()
            for theme in THEMES:
                person.prefer(
                    media=MEDIA.get(state, ""),
                    prefers_color_scheme=theme,
                    prefers_reduced_motion="reduce",
                    forced_colors="active" if state == "forced-colours" else "none",
                )
                person.run("return new Promise((done) => requestAnimationFrame(() => done()))")
                taken = person.driver.execute_cdp_cmd("Page.captureScreenshot", FORMAT)
                path = self._folder / f"{state}-{size}-{theme}.webp"
                path.write_bytes(base64.b64decode(taken["data"]))
            person.prefer()
        person.resize(*SIZES["desktop"][:2], scale=1)
        print(state, flush=True)


def main() -> None:
    from tests.browser.screenshots_page import tour_page  # it takes what is here

    only = set(sys.argv[1:])
    with ExitStack() as stack:
        drivers = [stack.enter_context(run_browser()) for _ in range(3)]
        tour(Photographer("people", only).shoot, drivers)
        tour_page(Photographer("page", only).shoot, drivers[0])


def tour(look: Look, drivers: Sequence[Chrome]) -> None:
    """Go through all pages and states, in three browsers, on a server without an owner."""
    with run_server(RATE_LIMITS="off") as server:
        zoe, max_, guest = (Person(driver, server.url) for driver in drivers)
        go_through_doors(look, server, zoe, max_, guest)
        go_through_rooms(look, zoe, max_)
        keep_order(look, zoe, max_)
        go_through_links(look, zoe, guest)
        go_through_accounts(look, zoe, guest)


def go_through_doors(
    look: Look, server: ServerProcess, zoe: Person, max_: Person, guest: Person
) -> None:
    """The pages that work without a script."""
    setup = setup_path(server)
    look(zoe, "setup", lambda: zoe.visit(setup))
    look(guest, "link-invalid", lambda: guest.visit("/link?code=nonsense"))
    invite = set_up(zoe, setup, "Zoe", guests="on")
    look(zoe, "setup-done", lambda: None)
    look(max_, "invite", lambda: max_.visit(invite))
    sign_up_by(max_, invite, "Max")
    look(guest, "guest", lambda: guest.enter())
    look(guest, "signin", lambda: guest.visit("/signin"))


def go_through_rooms(look: Look, zoe: Person, max_: Person) -> None:
    zoe.enter()
    max_.enter()
    for room in ("dev", "kitchen"):
        zoe.perform({"type": "join", "room": room})
        max_.perform({"type": "join", "room": room})
    room = make_room(zoe, "Blue Birds", "What flies by, and where it was seen")
    add(zoe, "Max")
    max_.go_to("Blue Birds")
    for person, text in (
        (zoe, "Two kingfishers at the old mill, at seven."),
        (max_, "I heard them, and saw nothing."),
        (zoe, "Stand at the bridge, and wait."),
    ):
        person.write_and_send(text)
    max_.person_menu("Zoe", "write")
    max_.shows("#room-name", "Zoe")
    max_.write_and_send("Do you have the good binoculars?")
    zoe.sees(*zoe.messages()[-1:])

    look(zoe, "room", lambda: zoe.enter(room))
    look(zoe, "drawer", lambda: open_drawer(zoe, room))
    look(zoe, "room-dialog", lambda: press(zoe, room, "#add-room"))
    look(zoe, "new-room", lambda: press(zoe, room, "#add-room", "#new-room"))
    look(zoe, "write-to", lambda: press(zoe, room, "#add-direct", until=".picker__person"))
    look(zoe, "direct", lambda: show_direct(zoe))
    for person, state in ((zoe, "about-room"), (max_, "about-room-member")):
        members = partial(press, person, room, "#about-room", until="dialog[open] .members__item")
        look(person, state, members)
    webhooks = f"/api/webhooks?room={room[7:]}"
    hook = {"url": "https://hooks.example/parley", "events": ["message", "deleted", "joined"]}
    zoe.api("POST", webhooks, hook)
    told = "dialog[open] section.members .members__item"
    look(zoe, "webhooks", lambda: show_webhooks(zoe, room, told))
    for state, words in (
        ("webhook-new", "Tell another program…"),
        ("webhook-change", "Change…"),
        ("webhook-deliveries", "Deliveries…"),
    ):
        look(zoe, state, partial(open_webhook, zoe, room, told, words))
    look(zoe, "person-menu", lambda: open_person(zoe, room))
    look(zoe, "message-menu", lambda: open_message(zoe, room))


def keep_order(look: Look, zoe: Person, max_: Person) -> None:
    zoe.enter(room_of(zoe, "Blue Birds"))
    room = zoe.address
    look(zoe, "ban", lambda: open_ban(zoe, room))
    user = max_.run(USER)
    zoe.perform({"type": "set", "room": room[7:], "slow_mode_s": 30, "topic": "Only birds, please"})
    look(max_, "slow-mode", lambda: max_.enter(room))
    mute = {"type": "mute", "room": room[7:], "user": user, "until": "2099-01-01T12:00:00Z"}
    zoe.perform(mute | {"reason": "noise"})
    look(max_, "muted", lambda: max_.enter(room))
    look(zoe, "events", lambda: show_events(zoe, room))
    max_.enter(room)
    zoe.perform({"type": "kick", "room": room[7:], "user": user, "reason": "spam"})
    max_.shows("#room-name", "general")
    look(max_, "removed", lambda: None)
    look(max_, "no-such-room", lambda: max_.visit(room))


def go_through_links(look: Look, zoe: Person, guest: Person) -> None:
    """The pages that links open."""
    zoe.enter()
    room = room_of(zoe, "Blue Birds").removeprefix("/rooms/")
    max_ = json.loads(zoe.api("GET", "/api/people"))["people"][0]["user"]
    for state, path in (
        ("join", f"/api/rooms/{room}/invites"),
        ("link", "/api/me/link"),
        ("reset", f"/api/people/{max_}/reset"),
    ):
        url = json.loads(zoe.api("POST", path, {}))["url"]
        look(guest, state, partial(guest.visit, f"/{url.split('/', 3)[3]}"))


def go_through_accounts(look: Look, zoe: Person, guest: Person) -> None:
    look(zoe, "account", lambda: press(zoe, "/", "#account"))
    states = (
        ("password", "Change the password…"),
        ("passkeys", "Passkeys…"),
        ("devices", "Devices…"),
        ("link-device", "Use another device, too…"),
        ("community", "People and this site…"),
    )
    for state, words in states:
        look(zoe, state, partial(open_account, zoe, words))
    states_of_owners = (
        ("people", "People…"),
        ("invitation", "Invite people…"),
        ("site", "Name of this site, and who may come in…"),
        ("audit", "What was done…"),
        ("bots", "Bots…"),
    )
    weather = {"name": "Weather", "scopes": ["read", "send"], "rooms": ["general"]}
    zoe.api("POST", "/api/bots", weather)
    for state, words in states_of_owners:
        look(zoe, state, partial(open_community, zoe, words))
    zoe.api("PATCH", "/api/site", {"guests": "read"})
    look(guest, "guest-reads", lambda: guest.enter())
    zoe.api("PATCH", "/api/site", {"guests": "off"})
    look(guest, "door", lambda: guest.visit("/"))


def show_events(person: Person, path: str) -> None:
    person.close_dialogs()
    if not person.has(".notice"):
        person.enter(path)


def room_of(person: Person, title: str) -> str:
    """Return the path of the room with this title."""
    return str(
        person.run(
            "return [...document.querySelectorAll('#rooms a')].find((e) => "
            "e.querySelector('.room__name').textContent === arguments[0]).getAttribute('href')",
            title,
        )
    )


def make_room(person: Person, title: str, topic: str) -> str:
    person.press_on("#add-room")
    person.press_on("#new-room")
    person.fill("dialog[open] [name=title]", title)
    person.fill("dialog[open] [name=topic]", topic)
    person.submit()
    person.shows("#room-name", title)
    return person.address


def add(person: Person, name: str) -> None:
    person.press_on("#about-room")
    person.press_on("dialog[open] button", "Add people…")
    person.tick(name)
    person.submit()
    person.until(lambda: person.run("return document.querySelectorAll('dialog[open]').length") == 1)
    person.close_dialogs()


def show(person: Person, path: str) -> None:
    """Show a room, with nothing open over it; load it only where another page is shown."""
    if person.address == path:
        person.close_dialogs()
    else:
        person.enter(path)


def press(person: Person, path: str, *selectors: str, until: str = "dialog[open]") -> None:
    """Show a room and press buttons, one after the other; wait for what the last one opens."""
    show(person, path)
    for selector in selectors:
        person.run("document.querySelector(arguments[0]).click()", selector)
        person.find("dialog[open]")
    person.find(until)


def show_webhooks(person: Person, path: str, until: str) -> None:
    press(person, path, "#about-room", until=until)
    person.run("document.querySelector(arguments[0]).closest('section').scrollIntoView()", until)


def open_webhook(person: Person, path: str, until: str, words: str) -> None:
    show_webhooks(person, path, until)
    person.press_on("dialog[open] section.members button", words)
    opens(person, 2)


def opens(person: Person, depth: int) -> None:
    """Wait until ``depth`` dialogs are open, one over the other, with their pictures."""
    script = (
        "return document.querySelectorAll('dialog[open]').length === arguments[0] && "
        "[...document.images].every((image) => image.complete)"
    )
    person.until(lambda: person.run(script, depth), f"there are not {depth} dialogs")


def open_drawer(person: Person, path: str) -> None:
    show(person, path)
    if person.has(".head__menu"):
        person.press_on(".head__menu")


def show_direct(person: Person) -> None:
    person.enter("/")
    person.run("document.querySelector('#directs a').click()")
    person.until(lambda: person.messages())


def open_person(person: Person, path: str) -> None:
    show(person, path)
    person.until(lambda: person.run("return document.querySelectorAll('.person').length") > 1)
    person.run(
        "[...document.querySelectorAll('.message .author')]"
        ".find((e) => e.textContent === 'Max').click()"
    )
    person.until(lambda: person.has("#menu:popover-open"))


def open_ban(person: Person, path: str) -> None:
    open_person(person, path)
    person.press_on("#menu:popover-open [data-action=ban]")
    person.until(lambda: person.has("dialog[open]"))


def open_message(person: Person, path: str) -> None:
    show(person, path)
    row = person.message("I heard them, and saw nothing.")
    person.run("arguments[0].querySelector('.more').click()", row)
    person.until(lambda: person.has("#menu:popover-open"))


def open_account(person: Person, words: str) -> None:
    press(person, "/", "#account")
    person.press_on("dialog[open] .dialog__menu button", words)
    opens(person, 2)


def open_community(person: Person, words: str) -> None:
    open_account(person, "People and this site…")
    person.press_on("dialog[open] .dialog__menu button", words)
    opens(person, 3)


if __name__ == "__main__":
    main()
