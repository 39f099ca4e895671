"""What can go wrong, branched by what the caller can do about it.

``code`` is one of chat.protocol.codes.Code; clients decide by it and never by the
message, which is for people: what happened and what to do.
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


class Refused(ChatError):
    """The input is well-formed, but this user may not do that, or not now and here."""


class Unavailable(ChatError):
    """Nothing wrong with the input: trying again, unchanged, may help.

    A command answered so may or may not have taken effect; its key makes a retry safe.
    """


class ResyncNeeded(Exception):
    """A position cannot be continued from: another epoch, past the end, or trimmed.

    Retrying cannot help: tell the client to load the room's history anew.
    """


class SettingsError(Exception):
    """The environment cannot be used; the message names every bad variable at once."""
