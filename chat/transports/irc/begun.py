"""What a client has begun with one line, and ends with another: coming in, and batches."""

from dataclasses import dataclass, field

from chat.protocol.irc.messages import Message
from chat.protocol.pushes import Person
from chat.transports.irc.framing import SERVER


@dataclass
class Registration:
    """What a client has said of itself before it comes in."""

    nick: str = ""
    username: str = ""
    password: str = ""
    signed_in: Person | None = None  # by SASL
    sasl: str | None = None  # the base64 so far, while it is under way
    is_negotiating: bool = False
    is_302: bool = False

    @property
    def is_complete(self) -> bool:
        return bool(self.nick and self.username) and not self.is_negotiating


@dataclass
class Batch:
    """Lines that are one message, while they come (draft/multiline)."""

    reference: str
    opening: Message
    lines: list[Message] = field(default_factory=list)
    size_bytes: int = 0


def in_batch(messages: list[Message], reference: str) -> list[Message]:
    """Return ``messages`` as they are in a batch; those of a batch in it are in that already."""
    return [
        message
        if "batch" in message.tags or (message.command == "BATCH" and message[0].startswith("-"))
        else message.tagged(batch=reference)
        for message in messages
    ]


def labelled(answer: list[Message], label: str, reference: str) -> list[Message]:
    """Return the answer to a labelled command; several lines as the batch ``reference``.

    Without a ``label``, it has gone with a message that comes back by itself.
    """
    if not label:
        return answer
    if not answer:
        return [Message("ACK", (), SERVER, {"label": label})]
    if len(answer) == 1:
        return [answer[0].tagged(label=label)]
    return [
        Message("BATCH", (f"+{reference}", "labeled-response"), SERVER, {"label": label}),
        *in_batch(answer, reference),
        Message("BATCH", (f"-{reference}",), SERVER),
    ]
