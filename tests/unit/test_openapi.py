"""The document holds together, and leaves no command out."""

import json
from collections.abc import Iterator
from typing import Any

from chat.openapi import document
from chat.protocol.commands import TYPES


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
