"""A browser in which somebody has signed in before is known, by a cookie that we signed."""

from chat.accounts.known_browsers import KnownBrowsers

SECRET = b"a secret of tests"


def jar(header: str) -> dict[str, str]:
    name, _, rest = header.partition("=")
    return {name: rest.partition(";")[0]}


def test_it_is_known_as_whose_it_is_and_apart_from_others() -> None:
    known = KnownBrowsers(SECRET)
    for is_secure in (False, True):
        first, second = (known.issue("guest-a", is_secure=is_secure) for _ in "12")
        found = [known.find(jar(each), is_secure=is_secure) for each in (first, second)]
        assert found[0] is not None and found[1] is not None
        assert found[0].user == found[1].user == "guest-a"
        assert found[0].browser != found[1].browser
        assert ("; Secure" in first) is is_secure
        assert "; HttpOnly" in first


def test_forged_ones_and_those_of_others_are_not() -> None:
    known, other = KnownBrowsers(SECRET), KnownBrowsers(b"another secret of tests")
    (name,) = jar(known.issue("guest-a", is_secure=False))
    (value,) = jar(other.issue("guest-a", is_secure=False)).values()
    assert known.find({name: value}, is_secure=False) is None
    assert known.find({name: "forged"}, is_secure=False) is None
    assert known.find({}, is_secure=False) is None
