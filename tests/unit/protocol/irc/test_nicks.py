"""A nick is one person's, readable and the same for as long as it can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.irc.nicks import Nicks, nick_of
from chat.protocol.unicode.skeleton import skeleton


@pytest.mark.parametrize(
    ("name", "nick"),
    [
        ("Ada", "Ada"),
        ("Ada Lovelace", "Ada_Lovelace"),
        ("Dr. Ada!", "Dr_Ada_"),
        ("7 of 9", "_7_of_9"),
        ("-x", "_-x"),
        ("@ada", "_ada"),
        ("\u738b\u5c0f\u660e", "\u738b\u5c0f\u660e"),
        ("Zo\u00eb \U0001f469\u200d\U0001f680", "Zo\u00eb_\U0001f469\u200d\U0001f680"),
        ("[a]{b}|c^`\\", "[a]{b}|c^`\\"),
    ],
)
def test_a_name_becomes_one_word(name: str, nick: str) -> None:
    assert nick_of(name) == nick


def test_the_second_who_looks_the_same_has_the_end_of_their_id() -> None:
    nicks = Nicks()
    assert nicks.of("guest-aaaa1111", "Ada") == "Ada"
    assert nicks.of("guest-bbbb2222", "\u0410da") == "\u0410da-2222"  # a Cyrillic A
    assert nicks.of("guest-cccc3333", "ADA") == "ADA-3333"
    assert nicks.of("guest-aaaa1111", "whatever") == "Ada"
    assert nicks.user_of("ada") == "guest-aaaa1111"
    assert nicks.user_of("ADA-3333") == "guest-cccc3333"
    assert nicks.user_of("nobody") is None


def test_nobody_can_take_all_nicks_of_another() -> None:
    nicks, user = Nicks(), "guest-bbbb2222"
    taken = ["Ada", *(f"Ada-{user[-length:]}" for length in (4, 8, 12, 14))]
    for number, name in enumerate(taken):
        nicks.of(f"enemy-{number}", name)
    nick = nicks.of(user, "Ada")
    assert nick not in taken and nicks.user_of(nick) == user


def test_a_renaming_is_told_with_its_number() -> None:
    nicks = Nicks()
    assert nicks.rename("a", "Ada") is None  # nobody has seen a nick of theirs
    nicks.of("a", "Ada")
    assert nicks.rename("a", "Ada") is None
    renamed = nicks.rename("a", "Grace")
    assert renamed == (1, "Ada", "Grace") == nicks.rename("a", "Grace")
    assert nicks.rename("a", "Hedy") == (2, "Ada", "Hedy")  # for who was not told before
    assert nicks.rename("a", "Hedy", told=1) == (2, "Grace", "Hedy")
    assert nicks.rename("a", "Hedy", told=2) is None
    assert nicks.user_of("Ada") is None and nicks.of("b", "Ada") == "Ada"


def test_whoever_was_away_longest_gives_up_their_nick() -> None:
    nicks = Nicks(most=2)
    for user in "abc":
        nicks.of(user, f"name {user}")
    assert nicks.known("a") is None and nicks.user_of("name_a") is None
    assert nicks.known("b") == "name_b"


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.text(min_size=1, max_size=5)), max_size=30))
def test_no_two_people_have_nicks_that_look_alike(calls: list[tuple[str, str]]) -> None:
    nicks = Nicks()
    for user, name in calls:
        nicks.of(user, name.encode("utf-8", "ignore").decode() or "x")
    known = [nicks.known(user) or "" for user in {user for user, _ in calls}]
    assert len({skeleton(nick) for nick in known}) == len(known)
    assert not any(set(nick) & set(" ,!@*?\r\n\0") for nick in known)
