"""The document holds together, and leaves no command out."""

import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from chat.protocol.commands import TYPES
from chat.rooms.texts import MAX_TEXT_CHARACTERS
from chat.web import patterns
from chat.web.openapi import document
from chat.web.openapi_examples import ANSWERS, BODIES, IN_PATHS


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


def operations() -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield each operation, and the parameters of its path."""
    for item in document()["paths"].values():
        for method in item.keys() - {"parameters"}:
            yield item[method], item.get("parameters", [])


def contents(described: Any) -> Iterator[dict[str, Any]]:
    """Yield the content by each type of bodies and answers in ``described``."""
    if isinstance(described, dict):
        yield from described["content"].values() if "content" in described else ()
        for inner in described.values():
            yield from contents(inner)


def test_each_operation_has_a_name_of_its_own_and_a_tag() -> None:
    names = [operation["operationId"] for operation, _ in operations()]
    assert len(set(names)) == len(names)
    assert all(len(operation["tags"]) == 1 for operation, _ in operations())


def test_each_list_that_has_pages_is_paged_in_the_same_way() -> None:
    schemas = document()["components"]["schemas"]
    for operation, _ in operations():
        asked = {parameter["name"] for parameter in operation.get("parameters", [])}
        is_paged = any(
            "more" in schemas[reference.rpartition("/")[2]].get("properties", {})
            for reference in references(operation["responses"])
        )
        assert is_paged == ("limit" in asked), operation["operationId"]
        assert not is_paged or asked & {"after", "before"}, operation["operationId"]


def test_each_body_and_each_part_of_a_path_has_an_example_and_no_example_is_left_over() -> None:
    bodies, parts, answers = set(), set(), set()
    for operation, shared in operations():
        name = operation["operationId"]
        if "requestBody" in operation:
            assert all("example" in content for content in contents(operation["requestBody"]))
            bodies.add(name)
        if any("example" in content for content in contents(operation["responses"])):
            answers.add(name)
        parts |= {parameter["name"] for parameter in shared}
        assert all("example" in parameter for parameter in shared)
    assert (bodies, parts, answers) == (set(BODIES), set(IN_PATHS), set(ANSWERS))


def test_examples_are_valid() -> None:
    described = document()
    found = [content for content in contents(described["paths"]) if "example" in content]
    assert len(found) > 30
    for content in found:
        if content["schema"].get("format") != "binary":
            schema = content["schema"] | {"components": described["components"]}
            Draft202012Validator(schema).validate(content["example"])
    for _, shared in operations():
        for parameter in shared:
            Draft202012Validator(parameter["schema"]).validate(parameter["example"])
