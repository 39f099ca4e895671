import pytest

from chat.client.completion import suggest
from chat.client.transcript import Transcript


@pytest.fixture
def transcript() -> Transcript:
    found = Transcript("dev")
    found.known_rooms |= {"devices", "kitchen"}
    users = [{"user": "a", "name": "Ann Marie"}, {"user": "b", "name": "Bob"}]
    found.take({"type": "presence", "room": "dev", "users": users})
    return found


@pytest.mark.parametrize(
    ("before", "texts"),
    [
        ("/re", ["/reply ", "/react "]),
        ("see /re", []),
        ("/join de", ["dev", "devices"]),
        ("in #kit", ["kitchen"]),
        ("C#kit", []),
        ("hi @", ["Bob ", "Ann Marie "]),
        ("hi @ann", ["Ann Marie "]),
        ("hi @Ann M", ["Ann Marie "]),
        ("a@b", []),
        ("great :tad", ["🎉"]),
        ("/react :+1", ["👍"]),
        ("12:30", []),
        ("nothing", []),
        ("", []),
    ],
)
def test_what_is_completed(transcript: Transcript, before: str, texts: list[str]) -> None:
    found = suggest(before, transcript)
    assert [one.text for one in found] == texts
    assert all(0 < one.replaces + 1 <= len(before) + 1 for one in found)


def test_it_takes_the_place_of_what_was_written(transcript: Transcript) -> None:
    for before, after in (("hi @ann", "hi @Ann Marie "), ("x :tad", "x 🎉"), ("/he", "/help ")):
        (one, *_) = suggest(before, transcript)
        assert before[: len(before) - one.replaces] + one.text == after
