"""Negotiates the transports, sets the name and joins the rooms, all by POST."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from chat.client import policy
from chat.client.exchange import Response
from chat.client.http import Http
from chat.client.positions import Positions
from chat.client.transports.transport import Ended
from chat.errors import Refused

# A network on which /negotiate takes longer does not work.
NEGOTIATION_S: Final = 15.0


@dataclass(frozen=True, kw_only=True)
class Offers:
    """The transports to try, best first, and the round-trip time to the server."""

    transports: dict[str, tuple[str, str]]  # the URLs of each for reading and for commands
    rtt_s: float
    hold_s: float
    network: str | None  # an opaque name of the client's network


class Negotiator:
    """Negotiates, and signs in again if the server has forgotten the client."""

    def __init__(
        self, http: Http, *, can: Sequence[str], name: str | None, positions: Positions
    ) -> None:
        self._http = http
        self._can = can
        self._name = name
        self._positions = positions
        self._known_as = ""  # the identity that has the name and the rooms

    async def negotiate(self, failed: Sequence[dict[str, object]], session: str | None) -> Offers:
        """Return the server's offers. Raises Refused, Ended with ``retry_ms``, or one of LOST."""
        question = {"can": self._can, "failed": failed, "session": session}
        response, answer = await self._http.post("/negotiate", question)
        answer = checked(response, answer)
        try:
            below = self._http.below_base
            transports = {
                offer["transport"]: (below(offer["url"]), below(offer["send"]))
                for offer in answer["transports"]
                if offer["transport"] in policy.TRANSPORTS
            }
            hold_s = float(answer["poll_hold_s"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Ended("no answer of Parley's") from error
        return Offers(
            transports=transports,
            rtt_s=response.rtt_s,
            hold_s=hold_s,
            network=answer.get("network"),
        )

    async def sign_in(self, rooms: Sequence[str]) -> bool:
        """Set the name and join ``rooms``, unless this identity has; return whether it is new.

        The replies give the positions to start from, the same for all attempts of a race.
        """
        if self._http.identity == self._known_as and self._known_as:
            return False
        if self._name is not None:
            checked(*await self._http.post_form("/login", {"name": self._name}))
        for room in rooms:
            answer = checked(*await self._http.post("/send", {"type": "join", "room": room}))
            reply = answer["replies"][0]
            self._positions.begin(room, reply["epoch"], reply["offset"])
        self._known_as = self._http.identity
        return True


def checked(response: Response, answer: Any) -> dict[str, Any]:
    """Return ``answer`` if it is a success. Raises Refused, or Ended if retrying may help."""
    if response.status in (200, 201) and isinstance(answer, dict):
        return answer
    error = answer
    match answer:
        case {"replies": [dict(error)]}:
            pass
    match error:
        case {"type": "error", "retry_ms": int(retry_ms), "message": str(message)}:
            raise Ended(message, retry_ms=retry_ms)
        case {"type": "error", "code": str(code), "message": str(message)} if (
            400 <= response.status < 500
        ):
            raise Refused(code, message)
    raise Ended(f"{response} for a request")
