"""The page for operators: the readers by room, transport and instance, and the bans.

It exists only if ADMIN_TOKEN is set. A browser sends the token as the password of HTTP Basic
authentication (RFC 7617, with any name), a script as a Bearer token (RFC 6750).
"""

import base64
import binascii
import hmac
import logging
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace
from tornado.web import HTTPError

from chat.accounts import identity
from chat.accounts.blocklist import MAX_REASON_CHARACTERS, Block, Why
from chat.errors import Unavailable
from chat.http.csp import page_headers
from chat.http.origin import is_allowed
from chat.i18n.texts import ENGLISH
from chat.net.addresses import network_id
from chat.ops.instance_report import MAX_ROOMS, Reporter, Summary, span
from chat.protocol.negotiation import Transport
from chat.requests.caller import Dependencies
from chat.requests.handler import PlainHandler

log: Final = logging.getLogger(__name__)

# An hour to cool down, a day, a week, and a year, which is as good as for ever; 0 lifts the ban.
BAN_HOURS: Final = (0, 1, 24, 24 * 7, 24 * 365)
# For the addresses where somebody is connected, which may be shared: not longer than a day.
ADDRESS_HOURS: Final = (0, 1, 24)


class AdminPage(PlainHandler):
    """Shows all instances and the bans, or the instances as JSON; bans users and lifts bans."""

    is_routine = True

    def initialize(
        self,
        dependencies: Dependencies,
        token: str,
        reporter: Reporter,
        time_s: Callable[[], float],
    ) -> None:
        self._dependencies = dependencies
        self._token = token.encode()
        self._reporter = reporter
        self._time_s = time_s

    def prepare(self) -> None:
        request, trusted = self.request, self._dependencies.settings.trusted_origins
        if not is_allowed(request.headers, method=request.method or "", trusted=trusted):
            raise HTTPError(403)
        token = token_of(self.request.headers.get("Authorization", ""))
        # The right token is never refused, so that wrong ones can't lock the operator out.
        if token is not None and hmac.compare_digest(token, self._token):
            return
        if token is not None:
            try:
                network = network_id(self._dependencies.secret, self.request.remote_ip or "")
                self._dependencies.limits.wrong_token(network)
            except Unavailable as error:
                self.set_retry_after(error.retry_ms)
                self._refuse(429, error.message)
                return
            log.warning("Somebody at %s gave a wrong ADMIN_TOKEN", self.request.remote_ip)
        self.set_header("WWW-Authenticate", 'Basic realm="Parley", charset="UTF-8"')
        self._refuse(401, "Give ADMIN_TOKEN as the password, with any name.")

    async def get(self) -> None:
        summaries = await self._reporter.summaries()
        if "application/json" in self.request.headers.get("Accept", ""):
            self.send_json({"instances": summaries})
            return
        nonce = secrets.token_urlsafe(16)
        for name, value in page_headers(self.request.host, nonce).items():
            self.set_header(name, value)
        page = self._dependencies.templates[ENGLISH].get_template("admin.html")
        self.finish(
            page.render(
                nonce=nonce,
                static_url=self.static_url,
                max_rooms=MAX_ROOMS,
                banned=[
                    {
                        "who": block.who,
                        "left": span(block.until_s - self._time_s()),
                        "why": block.reason,
                    }
                    for block in self._dependencies.access.bans()
                ],
                **overview(summaries, now_s=self._time_s()),
            )
        )

    async def post(self) -> None:
        """Ban ``user`` for ``hours``, and their addresses for ``address_hours``.

        0 hours lift the ban, also of the addresses that were banned together with the user.
        """
        user, reason, hours = (
            self.form_fields.get(name, "").strip() for name in ("user", "reason", "hours")
        )
        address_hours = self.form_fields.get("address_hours", "") or "0"
        is_fine = identity.is_user_id(user) and len(reason) <= MAX_REASON_CHARACTERS
        is_span = hours in map(str, BAN_HOURS) and address_hours in map(str, ADDRESS_HOURS)
        if not is_fine or not is_span:
            self._refuse(400, "Give a user's id, one of the spans, and a short reason or none.")
            return
        span_s = 3600 * int(hours)
        block = Block(
            who=user,
            why=Why.BANNED,
            until_s=self._time_s() + span_s,
            reason=reason,
            addresses_s=3600.0 * int(address_hours) if span_s else 0.0,
        )
        blocks = [block]
        if not span_s:
            bans = self._dependencies.access.bans_with(user)
            blocks += [replace(block, who=ban.who) for ban in bans]
        try:
            for each in blocks:
                await self._dependencies.backplane.block(each)
        except Unavailable as error:
            self._refuse(503, error.message)
            return
        log.info("By /admin, %s is banned for %s h", user, hours)
        self.redirect(f"{self._dependencies.settings.base_path}/admin", status=303)

    def _refuse(self, status: int, message: str) -> None:
        self.is_logged = True
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(message)


def token_of(authorization: str) -> bytes | None:
    """Return the token in ``authorization``, for Basic the password; None if there is none."""
    scheme, _, given = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return given.strip().encode()
        case "basic":
            try:
                return base64.b64decode(given.strip(), validate=True).partition(b":")[2]
            except (binascii.Error, ValueError):
                return b""
    return None


def overview(summaries: list[Summary], *, now_s: float) -> dict[str, Any]:
    """Return the sums over all instances that the page shows."""
    transports: Counter[str] = Counter()
    rooms: Counter[str] = Counter()
    hosts: Counter[str] = Counter()
    for summary in summaries:
        transports.update(summary.transports)
        rooms.update(summary.rooms)
        hosts.update(summary.rooms.keys())
    return {
        "instances": [
            {"is": summary, "up": span(now_s - summary.started_s)} for summary in summaries
        ],
        "readers": transports.total(),
        "transports": [(str(name), transports[name]) for name in Transport],
        "rooms": [
            {"name": name, "readers": readers, "instances": hosts[name]}
            for name, readers in sorted(rooms.items(), key=lambda item: (-item[1], item[0]))
        ][:MAX_ROOMS],
        "rooms_count": max((summary.rooms_count for summary in summaries), default=0),
        "connections": sum(summary.connections for summary in summaries),
        "deliveries_per_s": sum(summary.deliveries_per_s for summary in summaries),
        "commands_per_s": sum(summary.commands_per_s for summary in summaries),
    }
