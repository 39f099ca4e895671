"""The document holds together, and leaves no command out."""

import json
from collections.abc import Iterator
from typing import Any

from chat.protocol.commands import TYPES
from chat.rooms.texts import MAX_TEXT_CHARACTERS
from chat.web import patterns
from chat.web.openapi import document


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_what_it_refers_to_is_in_it() -> None:
    described = json.loads(json.dumps(document()))
    names = described["components"]["schemas"]
    wanted = {
        reference.removeprefix("#/components/schemas/") for reference in references(described)
    }
    assert wanted <= set(names)


def test_every_command_may_be_sent() -> None:
    (command,) = (document()["components"]["schemas"]["Command"],)
    tags = {
        document()["components"]["schemas"][ref.rpartition("/")[2]]["properties"]["type"]["enum"][0]
        for ref in references(command["anyOf"])
    }
    assert tags == TYPES


def test_what_need_not_be_sent_is_not_called_required() -> None:
    paths = document()["paths"]
    assert not paths["/negotiate"]["post"]["requestBody"]["required"]
    assert not paths["/poll"]["post"]["requestBody"]["required"]
    for item in paths.values():
        for operation in (item[method] for method in item if method != "parameters"):
            required = [it["name"] for it in operation.get("parameters", []) if it.get("required")]
            assert required == []


def test_rooms_have_their_pattern_and_texts_their_limits_in_each_command() -> None:
    schemas = document()["components"]["schemas"]
    for name in ("Join", "Leave", "Send", "Edit", "Delete", "React", "Read", "Typing"):
        fields = schemas[name]["properties"]
        assert fields["room"]["pattern"] == patterns.ROOM
        assert "text" not in fields or str(MAX_TEXT_CHARACTERS) in fields["text"]["description"]
    assert schemas["Post"]["properties"]["text"]["pattern"] == patterns.TEXT


def test_a_poll_may_be_posted() -> None:
    poll = document()["paths"]["/poll"]
    asked = {parameter["name"] for parameter in poll["get"]["parameters"]}
    for content in poll["post"]["requestBody"]["content"].values():
        assert set(content["schema"]["properties"]) == asked
