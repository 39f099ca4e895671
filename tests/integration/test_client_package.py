"""The client's package has what the client needs, and nothing of the server."""

import configparser
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from chat import __version__
from tests.support.server import ROOT


def build(folder: Path) -> Path:
    """Build the wheel from a copy of its sources, for it leaves files there; return its path."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "chat", folder / "chat", ignore=ignored)
    shutil.copytree(ROOT / "deploy/client", folder / "deploy/client", ignore=ignored)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index"]
        + ["--quiet", "--disable-pip-version-check", "-w", str(folder), "deploy/client"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_the_wheel_is_the_client_and_runs_by_its_command_without_the_server(
    tmp_path: Path,
) -> None:
    wheel = build(tmp_path)
    assert wheel.name == f"parley_chat-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        (entries,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        scripts = configparser.ConfigParser()
        scripts.read_string(archive.read(entries).decode())
    assert dict(scripts["console_scripts"]) == {"parley-chat": "chat.client.__main__:main"}
    client = {str(path.relative_to(ROOT)) for path in (ROOT / "chat/client").rglob("*.py")}
    assert client <= names
    assert {name for name in names - client if not name.startswith("chat/protocol/")} == {
        "chat/__init__.py",
        "chat/errors.py",
    }
    # The modules of the wheel alone are found, beside installed packages.
    shown = subprocess.run(
        [sys.executable, "-c", "from chat.client.__main__ import main; main()", "--help"],
        cwd=tmp_path / "deploy",
        env=os.environ | {"PYTHONPATH": str(wheel)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "ROOM" in shown.stdout
