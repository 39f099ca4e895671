"""Sends encrypted messages to push services."""

import email.utils
import re
from enum import Enum
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPInputError
from tornado.netutil import DefaultLoopResolver
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from chat.accounts.push_key import from_base64url
from chat.backplane.subscriptions import Subscription
from chat.clock import Clock
from chat.net.public_addresses import NotPublic, PublicResolver

# A push service answers within a second; one that does not must not hold up others.
TIMEOUT_S: Final = 10.0
CONNECT_TIMEOUT_S: Final = 5.0
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
_MAX_ANSWER_BYTES: Final = 64 << 10
MAX_RETRY_S: Final = 3600.0


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
        self._timeout_s = timeout_s
        self._client: SimpleAsyncHTTPClient | None = None

    async def send(self, to: Subscription, message: bytes, *, topic: str, is_urgent: bool) -> Sent:
        """Send ``message``, which replaces one of the same ``topic`` that is still to come."""
        if not may_be_endpoint(to.endpoint, allows_private=self._allows_private):
            return Sent(Outcome.GONE, why="this is no address of a push service")
        try:
            request = self._request(to, message, topic, is_urgent=is_urgent)
        except ValueError as error:
            return Sent(Outcome.GONE, why=f"its keys are none: {error}")
        try:
            answer = await self._opened.fetch(request, raise_error=False)
        except NotPublic as error:
            return Sent(Outcome.GONE, why=str(error))
        except (OSError, HTTPClientError, HTTPInputError, ValueError) as error:
            return Sent(Outcome.LATER, why=f"{type(error).__name__}: {error}")
        return self._judge(answer)

    def stop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def _opened(self) -> SimpleAsyncHTTPClient:
        if self._client is None:
            resolver = DefaultLoopResolver() if self._allows_private else PublicResolver()
            self._client = SimpleAsyncHTTPClient(
                force_instance=True,
                max_clients=AT_ONCE + UNPROVEN_AT_ONCE,
                resolver=resolver,
                max_body_size=_MAX_ANSWER_BYTES,
                max_header_size=_MAX_ANSWER_BYTES,
            )
        return self._client

    def _request(
        self, to: Subscription, message: bytes, topic: str, *, is_urgent: bool
    ) -> HTTPRequest:
        service = urlsplit(to.endpoint)
        claims = {
            "aud": f"{service.scheme}://{service.netloc}",
            "exp": int(self._clock.time()) + _TOKEN_S,
            "sub": to.site,  # where the operator of a push service finds ours
        }
        # The check of ``sub`` knows fewer forms than push services take.
        self._vapid.conf["no-strict"] = True
        headers: dict[str, Any] = {
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
        return HTTPRequest(
            to.endpoint,
            method="POST",
            headers=headers,
            body=body,
            connect_timeout=min(CONNECT_TIMEOUT_S, self._timeout_s),
            request_timeout=self._timeout_s,
            follow_redirects=False,
            decompress_response=False,
        )

    def _judge(self, answer: HTTPResponse) -> Sent:
        """Return what an answer means (RFC 8030 sections 5 and 7, RFC 8292 section 4.2)."""
        status = answer.code
        if 200 <= status < 300:
            return Sent(Outcome.DELIVERED)
        why = f"it answered {status}"
        if status in (404, 410):
            return Sent(Outcome.GONE, why=why)
        if status in (401, 403):  # made with another server's key, or ours of before
            return Sent(Outcome.GONE, why=why)
        if status == 429 or status >= 500:
            return Sent(Outcome.LATER, self._retry_s(answer.headers.get("Retry-After")), why)
        return Sent(Outcome.REFUSED, why=why)

    def _retry_s(self, given: str | None) -> float:
        """Return the seconds of a Retry-After (RFC 9110 section 10.2.3), within reason."""
        if given is None:
            return 0.0
        if given.isascii() and given.isdigit():
            seconds = float(given[:10])
        else:
            try:
                moment = email.utils.parsedate_to_datetime(given)
            except ValueError:
                return 0.0
            seconds = moment.timestamp() - self._clock.time()
        return min(MAX_RETRY_S, max(1.0, seconds))


def may_be_endpoint(endpoint: str, *, allows_private: bool) -> bool:
    """Return whether ``endpoint`` has the form of a push service's address."""
    pattern = _ANY_ENDPOINT if allows_private else _ENDPOINT
    return pattern.fullmatch(endpoint) is not None
