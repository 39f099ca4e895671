"""A cookie says who somebody is, and only ours does."""

from hypothesis import given
from hypothesis import strategies as st

from chat.accounts import identity
from chat.protocol.pushes import Person
from tests.unit.fakes import ADA

SECRET = b"a secret of tests"


@given(st.builds(Person, user=st.text(), name=st.text()))
def test_a_cookie_reads_back_as_who_it_was_made_for(person: Person) -> None:
    assert identity.verify(identity.sign(person, SECRET), SECRET) == person


def test_a_cookie_under_another_secret_is_nobodys() -> None:
    assert identity.verify(identity.sign(ADA, b"another secret!!"), SECRET) is None


def test_a_cookie_with_any_character_changed_is_nobodys() -> None:
    cookie = identity.sign(ADA, SECRET)
    for index in range(len(cookie)):
        other = "0" if cookie[index] != "0" else "1"
        assert identity.verify(cookie[:index] + other + cookie[index + 1 :], SECRET) is None


@given(st.text("0123456789|:=abc") | st.text(st.characters(codec="latin-1")))
def test_any_other_text_is_nobodys(cookie: str) -> None:
    assert identity.verify("2|" + cookie, SECRET) is None


def test_guests_are_told_apart_and_may_share_a_name() -> None:
    guests = [identity.new_guest() for _ in range(100)]
    assert len({guest.user for guest in guests}) == 100
    for guest in guests:
        assert guest.user.startswith(guest.name)
        assert len(guest.name) == len("guest-0000")


def test_a_cookie_is_kept_from_scripts_and_from_other_sites() -> None:
    plain = identity.cookie_header(ADA, SECRET, is_secure=False)
    assert "; HttpOnly" in plain
    assert "; SameSite=Lax" in plain
    assert "; Path=/" in plain
    assert "Secure" not in plain
    assert identity.cookie_header(ADA, SECRET, is_secure=True).endswith("; Secure")
