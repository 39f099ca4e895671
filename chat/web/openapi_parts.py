"""The parts of which the description of the HTTP API is made: operations, parameters, schemas."""

from collections.abc import Sequence
from typing import Any, Final

from chat.protocol.codes import HTTP_STATUS
from chat.web.openapi_examples import ANSWERS, BODIES, IN_PATHS

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
# The statuses of malformed and too large requests, which every path can answer.
_BEFORE_ANYBODY_LOOKS: Final = (408, 415, 431)

Json = dict[str, Any]


def asks(
    name: str,
    what: str,
    answer: type,
    body: type | None = None,
    *,
    parameters: Sequence[Json] = (),
    is_body_required: bool = True,
    status: int = 200,
) -> Json:
    content = None if body is None else {JSON: ref(body.__name__)}
    return operation(
        name,
        what,
        ref(answer.__name__),
        parameters,
        body=content,
        is_body_required=is_body_required,
        status=status,
    )


def operation(
    name: str,
    what: str,
    answer: Json,
    parameters: Sequence[Json] = (),
    *,
    body: Json | None = None,
    is_body_required: bool = True,
    failing: Json | None = None,
    status: int = 200,
) -> Json:
    """Return an operation, which generated clients call ``name``: no other one has that name.

    ``body`` has the schema of each type that is taken; ``what`` is a line for people.
    """
    asked = response("As asked", answer)
    if name in ANSWERS:
        asked["content"][JSON]["example"] = ANSWERS[name]
    described: Json = {"operationId": name, "summary": what, "responses": {str(status): asked}}
    if parameters:
        described["parameters"] = list(parameters)
    if body is not None:
        content = {
            type_: {"schema": schema, "example": BODIES[name]} for type_, schema in body.items()
        }
        described["requestBody"] = {"required": is_body_required, "content": content}
    for failure in sorted({*HTTP_STATUS.values(), *_BEFORE_ANYBODY_LOOKS}):
        problem = response("Refused: decide by the code", failing or ref("Error"))
        described["responses"][str(failure)] = problem
    return described


def with_redirect(*args: Any, **kwargs: Any) -> Json:
    """Return an operation that redirects to the page unless the client asks for JSON."""
    described = operation(*args, **kwargs)
    described["description"] = f"JSON is answered where the Accept header has {JSON}."
    described["responses"]["303"] = {"description": "Back to the page"}
    return described


def response(what: str, schema: Json) -> Json:
    return {"description": what, "content": {JSON: {"schema": schema}}}


def parameter(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "schema": schema}


def in_path(name: str, schema: Json) -> Json:
    return {
        "name": name, "in": "path", "required": True, "schema": schema, "example": IN_PATHS[name],
    }  # fmt: skip


def tagged(tag: str, paths: Json) -> Json:
    """Return ``paths``, each operation of which belongs to the group ``tag``."""
    for item in paths.values():
        for method in item.keys() - {"parameters"}:
            item[method]["tags"] = [tag]
    return paths


def or_empty(schema: Json) -> Json:
    """Return ``schema``; an integer may also be empty, which counts as missing."""
    return {"anyOf": [schema, {"enum": [""]}]} if schema.get("type") == "integer" else schema


def fields(**fields: Json) -> Json:
    return {"type": "object", "properties": fields, "required": list(fields)}


def list_of(schema: Json) -> Json:
    return {"type": "array", "items": schema}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
