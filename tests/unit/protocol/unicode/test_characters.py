"""Which characters can be seen."""

import subprocess
import sys
from pathlib import Path

import pytest

from chat.protocol.unicode.characters import is_ignorable, is_visible

NODE = Path(sys.executable).with_name("node")


def test_ignorable_characters_are_those_that_a_newer_unicode_names() -> None:
    program = (
        "for (let c = 0; c < 0x110000; c++)"
        " if (/\\p{Default_Ignorable_Code_Point}/u.test(String.fromCodePoint(c))) console.log(c)"
    )
    run = subprocess.run([NODE, "-e", program], capture_output=True, check=True, timeout=60)
    points = {int(line) for line in run.stdout.split()}
    assert points == {point for point in range(0x110000) if is_ignorable(chr(point))}


@pytest.mark.parametrize("character", "a 1 . \u4e2d \U0001f600 \U0001fae8 \u20ac".split())
def test_letters_digits_and_signs_are_visible(character: str) -> None:
    assert is_visible(character)


@pytest.mark.parametrize("character", [" ", "\u3164", "\u2800", "\u115f", "\u0301", "\0", "\ue000"])
def test_blanks_marks_and_controls_are_not(character: str) -> None:
    assert not is_visible(character)
