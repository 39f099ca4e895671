"""Describes the HTTP API of files."""

from chat.protocol.entries import FileInfo
from chat.web import patterns
from chat.web.openapi_parts import Json, operation, parameter, ref

_BYTES: Json = {"type": "string", "format": "binary", "minLength": 1}


def paths() -> Json:
    name = {**parameter("name", {"type": "string", "pattern": patterns.NAME}), "required": False}
    file_id = {**parameter("id", {"type": "string", "pattern": "^[0-9a-f]{32}$"}), "in": "path"}
    in_path = {**parameter("name", {"type": "string", "minLength": 1}), "in": "path"}
    size = parameter("size", {"enum": ["", "thumbnail"]})
    given = operation("A file that one may read", {}, [size])
    given["responses"]["200"]["content"] = {"*/*": {"schema": _BYTES}}
    return {
        "/api/uploads": {
            "post": operation(
                "Upload a file, to send it in a message",
                ref(FileInfo.__name__),
                [name],
                body={"application/octet-stream": _BYTES},
                status=201,
            )
        },
        "/files/{id}/{name}": {
            "parameters": [{**file_id, "required": True}, {**in_path, "required": True}],
            "get": given,
        },
    }
