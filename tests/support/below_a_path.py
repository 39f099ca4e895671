"""Puts the examples of docs/operations.md for a server below a path into the files of deploy/."""

import re
from pathlib import Path

BASE_PATH = "/chat"
_DOCS = Path(__file__).parents[2] / "docs" / "operations.md"


def nginx(text: str) -> str:
    """Return deploy/nginx.conf with the example instead of its ``location``s."""
    parts = re.split(r"(?m)^    location [^{]*\{[^}]*\}\n", text)
    assert len(parts) == 4, "deploy/nginx.conf looks different now"
    return f"{parts[0]}{_example('nginx')}{parts[-1]}"


def haproxy(text: str) -> str:
    """Return deploy/haproxy.cfg with the example instead of ``deny`` and the default."""
    text, denied = re.subn(r"(?m)^    http-request deny .*\n", "", text)
    text, routed = re.subn(r"(?m)^    default_backend .*\n", _example("haproxy"), text)
    assert (denied, routed) == (1, 1), "deploy/haproxy.cfg looks different now"
    return text


def _example(language: str) -> str:
    section = _DOCS.read_text().split("\n### Below a path\n", 1)[1].split("\n## ", 1)[0]
    (found,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert isinstance(found, str)
    return found
