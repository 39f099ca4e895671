"""Texts in other languages, and their plurals."""

import pytest
from markupsafe import Markup

from chat.i18n.texts import Texts, parse_texts

GERMAN = """
msgid ""
msgstr ""
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Hello, {name}"
msgstr "Hallo, {name}"

msgid "Hello, dear {name}"
msgstr "Hallo, dear {name}"

msgid "There are ({count}) rooms. {name}"
msgstr "Es gibt ({count}) Räume. {name}"

msgid "{name}: {action}"
msgstr "{name} – {action}"

msgid "Not yet"
msgstr ""

#, fuzzy
msgid "Perhaps"
msgstr "Vielleicht"

msgid "{count} room"
msgid_plural "{count} rooms"
msgstr[0] "{count} Raum"
msgstr[1] "{count} Räume"
"""
ARABIC = """
msgid ""
msgstr ""
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);\\n"

msgid "a"
msgid_plural "b"
msgstr[0] "zero"
msgstr[1] "one"
msgstr[2] "two"
msgstr[3] "few"
msgstr[4] "many"
msgstr[5] "other"
"""  # noqa: E501


@pytest.fixture(scope="module")
def german() -> Texts:
    return parse_texts("de", GERMAN.encode())


def test_a_text_is_translated_with_its_values(german: Texts) -> None:
    assert german.t("Hello, {name}", name="Ada") == "Hallo, Ada"


def test_a_message_of_the_server_is_translated_with_what_it_tells(german: Texts) -> None:
    assert german.t_message("Hello, dear <Ada>") == "Hallo, dear &lt;Ada&gt;"
    assert german.t_message("There are (2) rooms. {name}") == "Es gibt (2) Räume. {name}"
    for text in ("Good bye", "Unknown: {name}", "1: 2"):
        assert german.t_message(text) == text


def test_what_is_not_translated_or_only_perhaps_stays_english(german: Texts) -> None:
    for text in ("Not yet", "Perhaps", "Unknown"):
        assert german.t(text) == text


def test_a_number_chooses_the_form(german: Texts) -> None:
    said = [german.tn(n, "{count} room", "{count} rooms") for n in (0, 1, 2)]
    assert said == ["0 Räume", "1 Raum", "2 Räume"]
    assert german.tn(1, "{count} day", "{count} days") == "1 day"
    assert german.tn(2, "{count} day", "{count} days") == "2 days"


def test_values_are_escaped_unless_they_are_markup(german: Texts) -> None:
    assert german.t("Hello, {name}", name="<b>") == "Hallo, &lt;b&gt;"
    assert german.t("Hello, {name}", name=Markup("<bdi>Ada</bdi>")) == "Hallo, <bdi>Ada</bdi>"
    assert german.t("1 < 2") == "1 &lt; 2"


def test_scripts_get_plurals_by_the_categories_that_browsers_know() -> None:
    arabic = parse_texts("ar", ARABIC.encode())
    forms = ("zero", "one", "two", "few", "many", "other")
    assert arabic.among(["a", "c"]) == {"a": {form: form for form in forms}}
    assert arabic.direction == "rtl"


def test_a_language_is_called_as_its_speakers_call_it(german: Texts) -> None:
    assert (german.own_name, german.direction) == ("Deutsch", "ltr")
