from typing import Any

from chat.client.lines import HUES, lines_for, text_of
from chat.client.transcript import KEPT, Said, Transcript

TIME = "2026-01-01T12:00:00.000Z"


def message(offset: int, user: str, text: str, room: str = "dev", **more: Any) -> dict[str, Any]:
    return {
        "type": "message", "room": room, "epoch": "e", "offset": offset, "time": TIME,
        "user": user, "name": user.title(), "text": text, **more,
    }  # fmt: skip


def shown(transcript: Transcript, push: dict[str, Any], me: str = "me") -> list[str]:
    return [text_of(line) for line in lines_for(push, transcript, "", me)]


def test_the_newest_message_of_somebody_and_of_others_is_found_in_its_last_form() -> None:
    transcript = Transcript("dev")
    for offset, user in ((1, "ann"), (2, "me"), (3, "ann")):
        transcript.take(message(offset, user, "hi"))
    transcript.take(message(9, "ann", "elsewhere", room="other"))
    assert transcript.newest(by="me") == 2
    assert transcript.newest(but="me") == 3
    transcript.take({"type": "edited", "room": "dev", "target": 3, "text": "ho"})
    assert transcript.said("dev", 3) == Said("ann", "Ann", "ho")
    transcript.take({"type": "deleted", "room": "dev", "target": 3})
    assert transcript.newest(but="me") == 1
    assert transcript.newest(by="nobody") is None


def test_what_others_say_in_rooms_that_are_not_shown_is_unread_until_one_goes_there() -> None:
    transcript = Transcript("dev")
    for user in ("ann", "ann", "me"):
        transcript.take(message(1, user, "hi", room="other"), "me")
    transcript.take(message(1, "ann", "hi"), "me")
    assert transcript.unread == {"other": 2}
    transcript.show("other")
    assert transcript.unread == {}


def test_a_bounded_number_of_messages_and_people_is_remembered() -> None:
    transcript = Transcript("dev")
    for number in range(KEPT + 5):
        transcript.take(message(number, f"user{number}", "hi"))
    assert transcript.said("dev", 4) is None and transcript.said("dev", 5) is not None
    assert len(transcript.names) == KEPT
    assert transcript.names[0] == f"User{KEPT + 4}"


def test_an_answer_quotes_what_it_answers_without_what_steers_a_terminal() -> None:
    transcript = Transcript("dev")
    transcript.take(message(1, "ann", "one\ntwo\x1b" + "x" * 99))
    quote, said = shown(transcript, message(2, "bob", "yes", reply_to=1))
    assert quote.startswith("      ┌ Ann: one two\N{REPLACEMENT CHARACTER}xxx")
    assert quote.endswith("x…") and len(quote) < 80
    assert said.endswith(" Bob: yes  #2")
    assert shown(transcript, message(3, "bob", "yes", reply_to=77))[0].endswith("┌ #77")


def test_changes_are_told_and_cannot_steer_the_terminal_either() -> None:
    transcript = Transcript("dev")
    place = {"room": "dev", "name": "Eve\x1b"}
    edited = {"type": "edited", "target": 1, "text": "a\nb\x9b", **place}
    eve = "* Eve\N{REPLACEMENT CHARACTER}"
    assert shown(transcript, edited) == [
        f"{eve} has changed #1: a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"
    ]
    assert shown(transcript, edited | {"text": ""}) == []  # by a later change
    assert shown(transcript, {"type": "deleted", "target": 1, **place}) == [f"{eve} has deleted #1"]
    reaction = {"type": "reaction", "target": 1, "emoji": "👍", "on": True, **place}
    assert shown(transcript, reaction) == [f"{eve} 👍 #1"]
    assert shown(transcript, reaction | {"on": False}) == [f"{eve} takes back 👍 #1"]
    assert shown(transcript, {"type": "joined", **place}) == [f"{eve} has joined"]
    assert shown(transcript, {"type": "of tomorrow", **place}) == []


def test_mentions_and_names_have_styles_of_their_own() -> None:
    transcript = Transcript("dev")
    ((*_, name, said, _, _),) = lines_for(
        message(1, "ann", "@Me hi", mentions=["me"]), transcript, "", "me"
    )
    assert said[0] == "mention"
    assert name[0] in {f"name-{hue}" for hue in range(HUES)}
    ((*_, name, said, _, _),) = lines_for(message(2, "me", "hi"), transcript, "", "me")
    assert (name[0], said[0]) == ("me", "")
