"""A browser keeps who it is, beside other servers' cookies, for as long as it comes back."""

import re

import pytest
from tornado.web import create_signed_value

from chat.accounts import identity
from chat.accounts.cookies import NAME, RENEW_AFTER_S, Found, IdentityCookies
from chat.clock import SystemClock
from chat.protocol.pushes import Person
from tests.unit.fakes import ADA

SECRET = b"a secret of tests"
BOB = Person(user="guest-b", name="Bob")
DAY_S = 86400


class Later(SystemClock):
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def time(self) -> float:
        return super().time() + self._seconds


def server(secret: bytes = SECRET, *, base_path: str = "", after_s: float = 0.0) -> IdentityCookies:
    return IdentityCookies(secret, Later(after_s), base_path)


class Browser:
    """Keeps cookies by name and path, as RFC 6265 section 5.3 has it: by no port."""

    def __init__(self) -> None:
        self.jar: dict[tuple[str, str], str] = {}

    def take(self, *headers: str) -> None:
        for header in headers:
            match = re.match(r"([^=]+)=([^;]*); Path=([^;]+); Max-Age=(\d+)", header)
            assert match is not None
            name, value, path, max_age_s = match.groups()
            self.jar[name, path] = value
            if max_age_s == "0":
                del self.jar[name, path]

    def cookies(self, path: str = "/") -> dict[str, str]:
        """Return what it sends to ``path``, as a server reads it: longer paths come first."""
        found = sorted(self.jar.items(), key=lambda item: -len(item[0][1]))
        return {name: value for (name, at), value in found if path.startswith(at)}


def test_a_cookie_is_kept_from_scripts_and_from_other_sites() -> None:
    headers = server().issue(ADA, is_secure=False)
    assert re.match(r"parley_identity_[0-9a-f]{8}=", headers[0])
    for header in headers:
        assert header.endswith("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax")


def test_over_https_it_is_this_hosts_alone() -> None:
    for header in server().issue(ADA, is_secure=True):
        assert header.startswith("__Host-parley_identity")
        # What browsers ask of that name: RFC 6265bis section 4.1.3.2.
        assert header.endswith("; Secure") and "; Path=/;" in header and "Domain" not in header


@pytest.mark.parametrize("is_secure,older", [(False, NAME), (True, f"__Host-{NAME}")])
def test_the_version_before_knows_them_by_its_own_name(is_secure: bool, older: str) -> None:
    browser = Browser()
    browser.take(*server().issue(ADA, is_secure=is_secure))
    assert identity.verify(browser.cookies()[older], SECRET) == ADA
    browser.take(*server().expire(browser.cookies(), is_secure=is_secure))
    assert browser.jar == {}


@pytest.mark.parametrize("is_secure", [True, False])
def test_below_a_path_it_is_sent_there_alone(is_secure: bool) -> None:
    (header,) = server(base_path="/chat").issue(ADA, is_secure=is_secure)
    assert "; Path=/chat/;" in header
    assert header.startswith("__Secure-" if is_secure else NAME)
    assert ("; Secure" in header) == is_secure


@pytest.mark.parametrize("is_secure", [True, False])
def test_two_servers_on_one_host_keep_their_own(is_secure: bool) -> None:
    one, other, browser = server(), server(b"another secret!!"), Browser()
    browser.take(*one.issue(ADA, is_secure=is_secure))
    assert other.find(browser.cookies(), is_secure=is_secure) is None
    browser.take(*other.issue(BOB, is_secure=is_secure))
    assert one.find(browser.cookies(), is_secure=is_secure) == Found(ADA, False)
    assert other.find(browser.cookies(), is_secure=is_secure) == Found(BOB, False)
    browser.take(*other.expire(browser.cookies(), is_secure=is_secure))
    assert other.find(browser.cookies(), is_secure=is_secure) is None
    assert one.find(browser.cookies(), is_secure=is_secure) == Found(ADA, False)


def test_instances_with_one_secret_are_one_server() -> None:
    browser = Browser()
    browser.take(*server().issue(ADA, is_secure=False))
    assert server().find(browser.cookies(), is_secure=False) == Found(ADA, False)


OLDER = [(NAME, False, ""), (NAME, True, ""), (f"__Host-{NAME}", True, ""), (NAME, False, "/chat")]


@pytest.mark.parametrize("name,is_secure,base_path", OLDER)
def test_who_has_a_cookie_of_an_older_name_stays_who_they_are(
    name: str, is_secure: bool, base_path: str
) -> None:
    now, browser = server(base_path=base_path), Browser()
    browser.jar[name, "/"] = identity.sign(ADA, SECRET)
    path = f"{base_path}/"
    assert now.find(browser.cookies(path), is_secure=is_secure) == Found(ADA, True)
    browser.take(*now.issue(ADA, is_secure=is_secure))
    assert now.find(browser.cookies(path), is_secure=is_secure) == Found(ADA, False)
    browser.take(*now.expire(browser.cookies(path), is_secure=is_secure))
    assert browser.jar == {}


def test_what_another_server_has_under_the_older_name_is_not_ours_to_take_away() -> None:
    browser = Browser()
    browser.jar[NAME, "/"] = identity.sign(BOB, b"another secret!!")
    browser.take(*server().expire(browser.cookies(), is_secure=False))
    assert list(browser.jar) == [(NAME, "/")]


@pytest.mark.parametrize("is_secure", [True, False])
def test_who_moves_below_a_path_or_to_https_stays_who_they_are(is_secure: bool) -> None:
    before, now, browser = server(), server(base_path="/chat"), Browser()
    browser.take(*before.issue(ADA, is_secure=is_secure))
    if is_secure:
        browser.take(*before.issue(BOB, is_secure=False))  # a neighbour may have planted it
    assert now.find(browser.cookies("/chat/"), is_secure=is_secure) == Found(ADA, True)
    browser.take(*now.issue(ADA, is_secure=is_secure))
    browser.take(*now.issue(Person(user=ADA.user, name="New"), is_secure=is_secure))
    found = now.find(browser.cookies("/chat/"), is_secure=is_secure)
    assert found is not None and found.person.name == "New"


@pytest.mark.parametrize(
    "age_s,is_due",
    [(0, False), (RENEW_AFTER_S - 2, False), (RENEW_AFTER_S, True), (364 * DAY_S, True)],
)
def test_it_is_renewed_while_it_is_used(age_s: float, is_due: bool) -> None:
    browser = Browser()
    browser.take(*server().issue(ADA, is_secure=False))
    found = server(after_s=age_s).find(browser.cookies(), is_secure=False)
    assert found == Found(ADA, is_due)


def test_it_ends_a_year_after_it_was_used_last() -> None:
    year_s = identity.MAX_AGE_DAYS * DAY_S
    cookies, name = server(), server().issue(ADA, is_secure=False)[0].partition("=")[0]

    def signed(age_s: float) -> str:
        then = SystemClock().time() - age_s
        value = b'{"user":"guest-a","name":"A"}'
        return create_signed_value(SECRET, "parley_identity", value, clock=lambda: then).decode()

    found = cookies.find({name: signed(year_s - 60)}, is_secure=False)
    assert found is not None and found.is_due
    assert cookies.find({name: signed(year_s + 60)}, is_secure=False) is None


@pytest.mark.parametrize("cookie", ["", "x", "2|1:0|", "2|1:0|10:1|15:parley_identity|e30=|00"])
def test_what_we_did_not_sign_is_nobodys(cookie: str) -> None:
    name = server().issue(ADA, is_secure=False)[0].partition("=")[0]
    assert server().find({name: cookie, NAME: cookie}, is_secure=False) is None
