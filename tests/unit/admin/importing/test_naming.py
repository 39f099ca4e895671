"""People and rooms of another chat get names that are allowed and free here."""

import pytest

from chat.admin.importing.entries import pieces
from chat.admin.importing.naming import line_of, name_of, room_of, user_of
from chat.admin.importing.source import SourcePerson
from chat.rooms.texts import MAX_TEXT_CHARACTERS


def named(*names: str, taken: tuple[str, ...] = ()) -> str:
    return name_of(SourcePerson("U1", names), "slack", lambda name: name not in taken)


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (("Ada",), "Ada"),
        (("", "Ada"), "Ada"),
        (("Ada\u202e\n  L",), "Ada L"),
        (("x" * 40,), "x" * 32),
        (("admin", "ada"), "ada"),
        (("Admin",), "Admin of slack"),
        (("\u200b",), "somebody of slack"),
        ((), "somebody of slack"),
    ],
)
def test_a_person_gets_a_name_that_is_allowed(names: tuple[str, ...], name: str) -> None:
    assert named(*names) == name


def test_a_taken_name_gets_another_end() -> None:
    assert named("Ada", taken=("Ada",)) == "Ada of slack"
    assert named("Ada", taken=("Ada", "Ada of slack")) == "Ada of slack 2"
    assert len(named("x" * 40, taken=("x" * 32,))) <= 32


def test_a_person_is_the_same_user_each_time() -> None:
    ada = SourcePerson("U1", ["Ada"])
    assert user_of("slack", ada) == user_of("slack", SourcePerson("U1", ["Other"]))
    assert user_of("slack", ada) != user_of("irc", ada)
    assert user_of("slack", SourcePerson("B1", ["x"], is_bot=True)).startswith("bot-")


def test_a_room_is_named_after_its_title() -> None:
    taken = {"general", "x", "x-slack"}

    def room(title: str) -> str | None:
        return room_of(title, "C0AB", "slack", lambda name: name not in taken)

    assert room("Café & Tea") == "cafe-tea"
    assert room("general") == "general-slack"
    assert room("日本") == "slack-c0ab"
    assert room("p-ublic") == "public"
    assert room("x") is None


def test_a_topic_is_one_line_of_what_is_allowed() -> None:
    assert line_of("a\n\u202eb", 10) == "a b"
    assert line_of("x" * 30, 10) == "x" * 10


def test_a_long_text_becomes_several_messages_cut_at_lines() -> None:
    line = "word " * 300
    parts = list(pieces("\n".join([line] * 5)))
    assert all(len(part) <= MAX_TEXT_CHARACTERS for part in parts)
    assert "".join(parts).replace("\n", "").replace(" ", "") == "word" * 1500
    assert [*map(len, pieces("x" * (MAX_TEXT_CHARACTERS + 1)))] == [MAX_TEXT_CHARACTERS, 1]
    assert list(pieces("\n \n")) == []
