from pathlib import Path

import pytest

from chat.client.actions import Actions
from chat.client.slash import COMMANDS, Meaning, help_lines, meaning_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("hello", Meaning("", "hello")),
        ("//usr", Meaning("", "/usr")),
        ("/usr/bin", Meaning("", "/usr/bin")),
        ("/ 2", Meaning("", "/ 2")),
        ("/HELP", Meaning("help", "")),
        ("/edit  the text", Meaning("edit", "the text")),
        ("/edit #57 5 #6", Meaning("edit", "5 #6", 57)),
        ("/edit #57x", Meaning("edit", "#57x")),
        ("/delete #57", Meaning("delete", "", 57)),
        ("/react 👍", Meaning("react", "👍")),
    ],
)
def test_what_a_line_means(line: str, meaning: Meaning) -> None:
    assert meaning_of(line) == meaning


def test_each_command_is_carried_out_and_helped_with() -> None:
    ended_elsewhere = {"quit"}
    assert all(hasattr(Actions, f"_{name}") for name in COMMANDS.keys() - ended_elsewhere)
    shown = "\n".join(help_lines())
    assert all(f"/{name}" in shown and one.help in shown for name, one in COMMANDS.items())


def test_the_docs_show_the_help_as_it_is() -> None:
    shown = (ROOT / "docs/clients.md").read_text()
    assert "\n".join(help_lines()[:-1]) in shown
