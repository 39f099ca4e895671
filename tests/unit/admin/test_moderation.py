"""What an operator types is understood, or is told to be wrong before anything is done."""

import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from chat.admin.main import main
from chat.admin.moderation import span_s, user_id, user_or_address

USER = "guest-0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "length_s"), [("1m", 60), ("2h", 7200), ("7d", 604800), ("3650d", 3650 * 86400)]
)
def test_a_time_is_a_number_and_its_unit(text: str, length_s: float) -> None:
    assert span_s(text) == length_s


@pytest.mark.parametrize("text", ["", "2", "h", "0h", "-1h", "1.5h", "3651d", "2 h", "1w", "٣h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="30m, 2h or 7d"):
        span_s(text)


@pytest.mark.parametrize("read", [user_id, user_or_address])
def test_a_user_is_named_by_the_id_and_not_by_a_name(read: Callable[[str], str]) -> None:
    assert read(USER) == USER
    for name in ("Ada", "guest-0123", USER.upper(), f"{USER}0", "", "address:x"):
        with pytest.raises(click.BadParameter, match="no user's id"):
            read(name)


def test_an_address_is_one_however_it_is_written() -> None:
    assert user_or_address("192.0.2.1") == "192.0.2.1"
    assert user_or_address("2001:DB8:0::1") == "2001:db8::1"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["token", "Weather"], "there is no .*parley.sqlite3"),
        (["ban", USER], "there is no .*parley.sqlite3"),
        (["ban", "192.0.2.1"], "SECRET: set the one that the servers have"),
        (["bans"], "there is no .*parley.sqlite3"),
    ],
)
def test_where_no_server_has_run_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], what: str
) -> None:
    assert main(words, {"DATA_DIR": str(tmp_path)}) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("Nothing was done. ")
    assert re.search(what, printed), printed
    assert not list(tmp_path.iterdir())
