"""The answer to requests while this instance is alive, but waits for its store."""

from typing import Final

from chat.ops.refusal import refuse
from chat.protocol.codes import Code
from chat.requests.handler import PlainHandler

# As often as we check whether the store is there.
RETRY_S: Final = 2


class StartingHandler(PlainHandler):
    """Answers any request with 503: a balancer may try another instance, and a client retries."""

    def prepare(self) -> None:
        refuse(self, 503, Code.UNAVAILABLE, "The server is starting; try again.", retry_s=RETRY_S)
