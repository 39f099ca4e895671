"""The command line is what docs/operations.md says, and tells people and programs what was done."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from chat.admin.command import Exit
from chat.admin.main import main, tree

DOCS = (Path(__file__).parents[3] / "docs/operations.md").read_text()


def commands(group: click.Group, *before: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)
        else:
            yield " ".join((*before, name)), command


def documented() -> set[str]:
    """Return the commands in the tables of docs/operations.md, without what comes after them."""
    table = DOCS.partition("## The command line")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \| [^|]", table, re.MULTILINE)
    written = [words for row in rows for words in re.findall(r"`([^`]+)`", row)]
    return {re.match(r"[a-z-]+( [a-z-]+)*", words)[0] for words in written}  # type: ignore[index]


def test_the_docs_have_each_command_and_no_other() -> None:
    assert documented() == {name for name, _ in commands(tree())}


def test_each_command_says_what_it_does_and_those_with_arguments_show_how() -> None:
    for name, command in commands(tree()):
        assert command.help and command.help.endswith("."), name
        assert any("--json" in option.opts for option in command.params), name
    for name, command in commands(tree()):
        for example in re.findall(r"python app.py admin (.*)", command.epilog or ""):
            found = {other: it for other, it in commands(tree()) if f"{example} ".startswith(other)}
            assert command.callback in [it.callback for it in found.values()], (name, example)


def test_the_docs_have_the_exit_codes() -> None:
    table = DOCS.partition("## The command line")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d) \|", table, re.MULTILINE)} == {*Exit}


def test_what_is_wrong_goes_to_standard_error_as_json_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {"DATA_DIR": str(tmp_path)}
    for words, code, what in (
        (["bans"], Exit.NOT_DONE, "there is no"),
        (["people", "list"], Exit.NOT_DONE, "there is no"),
        (["ban"], Exit.USAGE, "USER|ADDRESS"),
        (["nonsense"], Exit.USAGE, "nonsense"),
    ):
        assert main([*words, "--json"], env) == code
        printed = capsys.readouterr()
        assert printed.out == "" and what in json.loads(printed.err)["error"]
        assert main(words, env) == code
        assert what in capsys.readouterr().err


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["rooms", "--help"], ["rooms", "mute", "--help"]):
        assert main(words, {}) == Exit.DONE
    assert "rooms mute tea Ada --for 2h" in capsys.readouterr().out
