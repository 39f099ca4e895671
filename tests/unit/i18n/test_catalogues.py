"""Every language has all texts of templates and scripts, with the same values, and no others."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chat.web.script_texts import ENTRIES, texts_of_scripts
from scripts.texts import CATALOGUES, ROOT, texts_in, texts_in_use, written

IN_USE = frozenset(texts_in_use())


@pytest.fixture(params=CATALOGUES, ids=lambda path: str(path.stem))
def path(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def forms_of(text: Any) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def values_of(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


def test_there_are_texts_and_languages() -> None:
    assert len(IN_USE) > 100
    assert [path.stem for path in CATALOGUES] == ["de"]


def test_a_language_has_all_texts_and_no_others(path: Path) -> None:
    texts = texts_in(path)
    missing = [text for text in IN_USE if not all(forms_of(texts.get(text, "")))]
    assert not missing, "translate these; scripts/texts.py adds them to the catalogue"
    assert not texts.keys() - IN_USE, "scripts/texts.py --tidy removes these"


def test_a_translation_has_the_values_of_its_text(path: Path) -> None:
    for text, said in texts_in(path).items():
        values = values_of(forms_of(text)[-1])
        for form in forms_of(said):
            assert values_of(form) <= values, form
        assert values_of(forms_of(said)[-1]) == values, text


def test_a_catalogue_is_sorted_as_the_script_writes_it(path: Path) -> None:
    _, *entries = path.read_text("utf-8").rstrip("\n").split("\n\n")
    assert entries == list(written(texts_in(path)))


def test_a_page_brings_each_text_that_its_scripts_have() -> None:
    """Babel finds a text by its call, the server in double quotes, for that takes no time."""
    in_scripts = {forms_of(text)[0] for text in texts_in_use("static/js/**/*.js")}
    brought = texts_of_scripts(ROOT / "static", in_scripts)
    assert {text for entry in ENTRIES for texts in brought[entry] for text in texts} == in_scripts


def test_what_few_visitors_need_comes_when_they_do() -> None:
    texts = ["Add a webhook…", "Not connected"]
    at_once, late = texts_of_scripts(ROOT / "static", texts)[ENTRIES[0]]
    assert (at_once, late) == (texts[1:], texts[:1])


def test_no_text_hides_from_babel() -> None:
    """It finds none within the arguments of another."""
    known = {form for text in IN_USE for form in forms_of(text)}
    for script in (ROOT / "static/js").rglob("*.js"):
        for literal in re.findall(r'\b(?:t|tLater)\(\s*("(?:[^"\\]|\\.)*")', script.read_text()):
            assert json.loads(literal) in known, script.name
