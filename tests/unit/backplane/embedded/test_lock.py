"""One process may use a data directory at a time."""

from pathlib import Path

import pytest

from chat.backplane.embedded.lock import lock_folder
from chat.errors import SettingsError


def test_a_second_lock_is_refused_until_the_first_one_is_closed(tmp_path: Path) -> None:
    first = lock_folder(tmp_path)
    with pytest.raises(SettingsError, match="another Parley"):
        lock_folder(tmp_path)
    first.close()
    lock_folder(tmp_path).close()


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    lock_folder(tmp_path / "new").close()
    assert (tmp_path / "new").is_dir()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="DATA_DIR"):
        lock_folder(tmp_path / "file")
