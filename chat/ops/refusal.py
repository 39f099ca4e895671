"""The answer to requests that this instance can't serve now."""

import msgspec
from tornado.web import RequestHandler

from chat.protocol.codes import Code
from chat.protocol.pushes import Error


def refuse(handler: RequestHandler, status: int, code: Code, message: str, *, retry_s: int) -> None:
    """Answer with an error that asks the client to retry after ``retry_s``."""
    error = Error(code=code, message=message, retry_ms=1000 * retry_s)
    handler.set_status(status)
    handler.set_header("Retry-After", str(retry_s))
    handler.set_header("Content-Type", "application/json; charset=utf-8")
    handler.finish(msgspec.json.encode(error))
