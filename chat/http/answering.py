"""What a connection knows of the answer under way."""

import asyncio
from typing import Protocol


class Answering(Protocol):
    """Answers the request under way."""

    def on_lost(self) -> None:
        """Handle the loss of the client, which reads nothing that is written from now on."""

    def on_half_closed(self) -> None:
        """Handle a client that sends nothing more: it waits for this answer only, or is gone."""


class Taking(Answering, Protocol):
    """Answers a request after taking its body, piece by piece."""

    def take(self, piece: bytes) -> "asyncio.Future[None]":
        """Take ``piece``; the next one comes when the result is done, which holds no error."""

    def end_body(self) -> None:
        """Handle the end of the body."""


class Resting:
    """Stands in for an answer during a pause, while none is under way."""

    def on_lost(self) -> None:
        """Do nothing: there is no answer to stop."""

    def on_half_closed(self) -> None:
        """Do nothing: requests that are not read yet are still answered."""
