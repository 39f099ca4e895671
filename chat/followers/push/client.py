"""Sends encrypted messages to push services."""

import re
from enum import Enum
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from chat.accounts.push_key import from_base64url
from chat.backplane.subscriptions import Subscription
from chat.clock import Clock
from chat.net.outbound import TIMEOUT_S, Answer, NoAnswer, Outbound
from chat.net.public_addresses import ANYWHERE, Destinations, NotPublic

# Requests at a time, to all services together: those that answered the last time, and others.
# Whoever subscribes with addresses that never answer takes the places of others of that kind only.
AT_ONCE: Final = 48
UNPROVEN_AT_ONCE: Final = 16
# Later, what was said is found by whoever comes back.
TTL_S: Final = 86400
# At most 24 hours (RFC 8292 section 2); each message has a new one.
_TOKEN_S: Final = 12 * 3600
# Names of hosts, no users and no IPv6 addresses, which a token can't name. On other ports than that
# of HTTPS, other services may listen.
ENDPOINT_PATTERN: Final = r"https://[A-Za-z0-9.-]{1,253}(:443)?/[!-\"$-~]*"
_ENDPOINT: Final = re.compile(ENDPOINT_PATTERN)
_ANY_ENDPOINT: Final = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?/[!-\"$-~]*")


class Outcome(Enum):
    DELIVERED = "delivered"
    GONE = "gone"  # the subscription is none any more, or not ours
    REFUSED = "refused"  # this message, for good
    LATER = "later"
    HELD = "held"  # not even tried: its service asked to be left alone for a while


class Sent(NamedTuple):
    outcome: Outcome
    retry_s: float = 0.0  # until it may be tried again; 0: the service did not say
    why: str = ""


class PushClient:
    """Sends to subscriptions, AT_ONCE and UNPROVEN_AT_ONCE at a time."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey,
        clock: Clock,
        *,
        allows_private: bool = False,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """``allows_private``: services in one's own network, and without TLS, are fine."""
        self._vapid = Vapid02(key)
        self._clock = clock
        self._allows_private = allows_private
        self._outbound = Outbound(
            clock,
            ANYWHERE if allows_private else Destinations(),
            timeout_s=timeout_s,
        )

    async def send(self, to: Subscription, message: bytes, *, topic: str, is_urgent: bool) -> Sent:
        """Send ``message``, which replaces one of the same ``topic`` that is still to come."""
        if not may_be_endpoint(to.endpoint, allows_private=self._allows_private):
            return Sent(Outcome.GONE, why="this is no address of a push service")
        try:
            headers, body = self._request(to, message, topic, is_urgent=is_urgent)
        except ValueError as error:
            return Sent(Outcome.GONE, why=f"its keys are none: {error}")
        try:
            answer = await self._outbound.post(to.endpoint, body, headers)
        except NotPublic as error:
            return Sent(Outcome.GONE, why=str(error))
        except NoAnswer as error:
            return Sent(Outcome.LATER, why=str(error))
        return _judge(answer)

    def stop(self) -> None:
        self._outbound.stop()

    def _request(
        self, to: Subscription, message: bytes, topic: str, *, is_urgent: bool
    ) -> tuple[dict[str, str], bytes]:
        """Return the header fields and the body. Raises ValueError for keys that are none."""
        service = urlsplit(to.endpoint)
        claims = {
            "aud": f"{service.scheme}://{service.netloc}",
            "exp": int(self._clock.time()) + _TOKEN_S,
            "sub": to.site,  # where the operator of a push service finds ours
        }
        # The check of ``sub`` knows fewer forms than push services take.
        self._vapid.conf["no-strict"] = True
        headers = {
            **self._vapid.sign(claims),
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(TTL_S),
            "Topic": topic,
            "Urgency": "high" if is_urgent else "normal",
        }
        body = http_ece.encrypt(
            message,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=from_base64url(to.key),
            auth_secret=from_base64url(to.auth),
            version="aes128gcm",
        )
        return headers, body


def _judge(answer: Answer) -> Sent:
    """Return what an answer means (RFC 8030 sections 5 and 7, RFC 8292 section 4.2)."""
    status = answer.status
    if 200 <= status < 300:
        return Sent(Outcome.DELIVERED)
    why = f"it answered {status}"
    if status in (404, 410):
        return Sent(Outcome.GONE, why=why)
    if status in (401, 403):  # made with another server's key, or ours of before
        return Sent(Outcome.GONE, why=why)
    if status == 429 or status >= 500:
        return Sent(Outcome.LATER, answer.retry_s, why)
    return Sent(Outcome.REFUSED, why=why)


def may_be_endpoint(endpoint: str, *, allows_private: bool) -> bool:
    """Return whether ``endpoint`` has the form of a push service's address."""
    pattern = _ANY_ENDPOINT if allows_private else _ENDPOINT
    return pattern.fullmatch(endpoint) is not None
