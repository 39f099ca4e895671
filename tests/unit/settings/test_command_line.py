"""Each setting has a flag, except secrets: process lists show flags."""

from pathlib import Path

import pytest

from chat.errors import SettingsError
from chat.settings.settings import Settings


def test_a_flag_wins_over_its_variable() -> None:
    env = {"PORT": "80", "DATA_DIR": "/x"}
    settings = Settings.read(env, ["--port", "81", "--transports=sse"])
    assert (settings.port, settings.data_dir) == (81, Path("/x"))
    assert settings.transports == ("sse",)


def test_bad_flags_and_variables_are_named_together() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.read({"HEARTBEAT_S": "1"}, ["--port", "x", "--smoke", "signals", "--secret=abc"])
    text = str(caught.value)
    for part in ("--port 'x'", "HEARTBEAT_S='1'", "--smoke", "signals", "--secret"):
        assert part in text
    assert "abc" not in text


def test_a_flag_without_its_value_is_named() -> None:
    with pytest.raises(SettingsError, match="--port"):
        Settings.read({}, ["--port"])


def test_help_tells_of_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        Settings.read({}, ["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for option in Settings.options().values():
        assert option.variable in shown
        assert option.flag is None or option.flag in shown
    assert "--secret" not in shown
