"""What is answered while this instance is alive, but waits for its store."""

from typing import Final

from chat.ops.refusal import refuse
from chat.protocol.codes import Code
from chat.requests.handler import PlainHandler

# As often as we look whether the store is there.
RETRY_S: Final = 2


class StartingHandler(PlainHandler):
    """503 to any request: a balancer may try another instance, and a client comes back."""

    def prepare(self) -> None:
        refuse(self, 503, Code.UNAVAILABLE, "The server is starting; try again.", retry_s=RETRY_S)
