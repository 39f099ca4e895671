"""Describes the HTTP API of files."""

from chat.protocol.entries import FileInfo
from chat.web import patterns
from chat.web.openapi_parts import Json, in_path, operation, parameter, ref

# Controls count as blanks, and a name of blanks as none.
_BLANK: Json = {"type": "string", "pattern": r"^[\u0000-\u0020]*$"}
_BYTES: Json = {"type": "string", "format": "binary", "minLength": 1}


def paths() -> Json:
    named = {"anyOf": [{"type": "string", "pattern": patterns.NAME}, _BLANK]}
    name = {**parameter("name", named), "required": False}
    file_id = in_path("file", {"type": "string", "pattern": "^[0-9a-f]{32}$"})
    in_address = in_path("name", {"type": "string", "minLength": 1})
    size = parameter("size", {"enum": ["", "thumbnail"]})
    given = operation("get_file", "A file that one may read", {}, [size])
    given["responses"]["200"]["content"] = {"*/*": {"schema": _BYTES}}
    return {
        "/api/uploads": {
            "post": operation(
                "upload_file",
                "Upload a file, to send it in a message",
                ref(FileInfo.__name__),
                [name],
                body={"application/octet-stream": _BYTES},
                status=201,
            )
        },
        "/files/{file}/{name}": {
            "parameters": [file_id, in_address],
            "get": given,
        },
    }
