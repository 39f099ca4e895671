"""The page that shows the HTTP API to people: what /openapi.json says, without any script."""

import json
import shlex
from typing import Any, Final

import jinja2
from tornado.web import RequestHandler

from chat.http.csp import still_page_headers
from chat.web.document import Document
from chat.web.openapi_parts import FORM, JSON, Json

_SHARED: Final = "parameters"  # of all operations of a path (OpenAPI 3.1 section 4.8.9)


def api_page(described: Json, templates: jinja2.Environment) -> Document:
    """Return the page about ``described``. It is in English, like all names in it."""

    def make(asking: RequestHandler) -> bytes:
        page = templates.get_template("api.html").render(
            static_url=asking.static_url, document=described, groups=groups_of(described)
        )
        return page.encode()

    return Document(make, still_page_headers())


def groups_of(document: Json) -> dict[str, list[Json]]:
    """Return the operations by their tag, each with its ``method``, ``path`` and ``curl``."""
    groups: dict[str, list[Json]] = {}
    for path, item in document["paths"].items():
        for method in (key for key in item if key != _SHARED):
            operation = dict(item[method], method=method.upper(), path=path)
            operation[_SHARED] = [*item.get(_SHARED, ()), *operation.get(_SHARED, ())]
            operation["curl"] = curl(operation)
            groups.setdefault(operation["tags"][0], []).append(operation)
    return groups


def curl(operation: Json) -> str:
    """Return the line for a shell that sends an operation's example to $SERVER with a $TOKEN."""
    path = operation["path"]
    for parameter in operation[_SHARED]:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    words = ["curl", "-H", '"Authorization: Bearer $TOKEN"']
    for type_, content in operation.get("requestBody", {}).get("content", {}).items():
        words += _body(type_, content["example"])
        break
    else:
        words += ["-X", operation["method"]] if operation["method"] != "GET" else []
    return " ".join([*words, f'"$SERVER{path}"'])


def _body(type_: str, example: Any) -> list[str]:
    if type_ == FORM:
        fields = (shlex.quote(f"{name}={value}") for name, value in example.items())
        return [word for field in fields for word in ("--data-urlencode", field)]
    header = shlex.quote(f"Content-Type: {type_}")
    if type_ == JSON:
        return ["-H", header, "-d", shlex.quote(json.dumps(example, ensure_ascii=False))]
    return ["-H", header, "--data-binary", "@map.png"]
