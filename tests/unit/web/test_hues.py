"""The colours of people in the first screen are those that the scripts give."""

import json
import subprocess

import pytest

from chat.application import ROOT
from chat.web.hues import HUES, hue_of

USERS = ("guest-0123456789abcdef", "ADA", "u_1-2", "", "a" * 64, "é.!")


def test_the_scripts_give_the_same() -> None:
    script = (
        "import { hueOf } from './static/js/names.js';"
        f"console.log(JSON.stringify({json.dumps(USERS)}.map(hueOf)))"
    )
    node = [str(ROOT / ".venv/bin/node"), "--input-type=module", "-e", script]
    done = subprocess.run(node, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [hue_of(user) for user in USERS]


@pytest.mark.parametrize("user", USERS)
def test_a_hue_is_one_of_those_that_the_styles_have(user: str) -> None:
    assert hue_of(user) in range(HUES)
