"""Errors, in branches by what the caller can do about them.

``code`` is one of chat.protocol.codes.Code. Clients decide by it and never by the message, which
tells people what happened and what to do.
"""


class ChatError(Exception):
    """The root of every error that reaches a client."""

    def __init__(self, code: str, message: str, *, retry_ms: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_ms = retry_ms


class InvalidInput(ChatError):
    """The input is wrong; the same input will fail again."""


class Missing(InvalidInput):
    """What the input names is not there: over HTTP 404, whatever the code."""


class Refused(ChatError):
    """The input is well-formed, but this user may not do this, or not now or not here."""


class Unavailable(ChatError):
    """The input is fine; retrying it unchanged may help.

    A command that fails so may or may not have taken effect; its key makes a retry safe.
    """


class Conflict(Unavailable):
    """Records are not what a draft expected of them; nothing was stored.

    Somebody else has changed them meanwhile: read them again, and decide again.
    """


class ResyncNeeded(Exception):
    """A reader cannot continue from a position: another epoch, past the end, or trimmed.

    Retrying cannot help: tell the client to reload the room.
    """


class SettingsError(Exception):
    """The environment cannot be used; the message names every bad variable at once."""
