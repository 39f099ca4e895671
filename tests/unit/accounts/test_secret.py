"""The secret is made once, kept, and for nobody else's eyes."""

import stat
from pathlib import Path

import pytest

from chat.accounts.secret import MIN_LENGTH, load_secret
from chat.errors import SettingsError


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    secret = load_secret(None, tmp_path / "new" / "folder")
    assert len(secret) >= 32
    assert load_secret(None, tmp_path / "new" / "folder") == secret
    assert load_secret(None, tmp_path / "other") != secret


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    load_secret(None, tmp_path)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_one_that_is_given_is_taken_and_nothing_is_written(tmp_path: Path) -> None:
    assert load_secret("given and long enough", tmp_path / "x") == b"given and long enough"
    assert not (tmp_path / "x").exists()


def test_what_a_crash_left_half_done_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret.new").write_text("half")
    assert len(load_secret(None, tmp_path)) >= 32


@pytest.mark.parametrize(
    "length,is_good", [(0, False), (MIN_LENGTH - 1, False), (MIN_LENGTH, True)]
)
def test_a_file_that_was_cut_short_signs_nothing(
    tmp_path: Path, length: int, is_good: bool
) -> None:
    (tmp_path / "secret").write_bytes(b"x" * length)
    if is_good:
        assert load_secret(None, tmp_path) == b"x" * length
    else:
        with pytest.raises(SettingsError, match="DATA_DIR"):
            load_secret(None, tmp_path)


def test_a_folder_that_cannot_be_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="DATA_DIR"):
        load_secret(None, tmp_path / "file")
