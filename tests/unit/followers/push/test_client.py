"""What a push service's answers mean, and what is no push service."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from unittest import IsolatedAsyncioTestCase

import pytest

from chat.accounts.push_key import push_key
from chat.backplane.subscriptions import Subscription
from chat.clock import SystemClock
from chat.followers.push.client import Outcome, PushClient, Sent, may_be_endpoint
from chat.net.outbound import MAX_RETRY_S
from tests.support.push_service import Device, PushService


class TestPushClient(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.service = PushService()
        self.addCleanup(self.service.stop)
        self.device = self.service.device()

    async def asyncSetUp(self) -> None:
        self.client = PushClient(
            push_key(b"secret"), SystemClock(), allows_private=True, timeout_s=0.5
        )
        self.addCleanup(self.client.stop)

    async def send(self, device: Device | None = None) -> Sent:
        given = (device or self.device).subscription
        to = Subscription(
            endpoint=given["endpoint"],
            key=given["keys"]["p256dh"],
            auth=given["keys"]["auth"],
            site="https://chat.example",
            seen_s=0,
        )
        return await self.client.send(to, b'{"text":"hi"}', topic="t" * 32, is_urgent=True)

    async def test_a_message_arrives_encrypted_and_signed(self) -> None:
        assert (await self.send()).outcome is Outcome.DELIVERED
        (received,) = self.device.received
        assert received.notice == {"text": "hi"}
        assert received.claims["sub"] == "https://chat.example"
        assert received.headers["Topic"] == "t" * 32
        assert received.headers["Urgency"] == "high"
        assert received.headers["TTL"] == "86400"

    async def test_keys_that_are_none_end_the_subscription(self) -> None:
        to = Subscription(
            endpoint=self.device.endpoint, key="A" * 87, auth="A" * 22, site="", seen_s=0
        )
        sent = await self.client.send(to, b"{}", topic="t", is_urgent=False)
        assert sent.outcome is Outcome.GONE
        assert self.device.asked == 0

    async def test_each_answer_has_its_outcome(self) -> None:
        for status, outcome in (
            (202, Outcome.DELIVERED), (404, Outcome.GONE), (410, Outcome.GONE),
            (401, Outcome.GONE), (403, Outcome.GONE), (400, Outcome.REFUSED),
            (413, Outcome.REFUSED), (302, Outcome.REFUSED), (429, Outcome.LATER),
            (500, Outcome.LATER), (503, Outcome.LATER),
        ):  # fmt: skip
            self.device.answers = [(status, {"Location": f"{self.service.url}/elsewhere"})]
            assert (await self.send()).outcome is outcome, status

    async def test_retry_after_is_read_in_both_forms_and_within_reason(self) -> None:
        soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
        for given, least, most in (
            ("7", 7.0, 7.0), ("0", 1.0, 1.0), ("9" * 400, MAX_RETRY_S, MAX_RETRY_S),
            (soon, 90.0, 101.0), ("nonsense", 0.0, 0.0), ("-5", 0.0, 0.0),
        ):  # fmt: skip
            self.device.answers = [(429, {"Retry-After": given})]
            assert least <= (await self.send()).retry_s <= most, given

    async def test_one_that_does_not_answer_or_is_not_there_is_tried_later(self) -> None:
        self.device.is_silent = True
        assert (await self.send()).outcome is Outcome.LATER
        nowhere = Device("http://127.0.0.1:1/push", self.device.private_key, self.device.auth)
        assert (await self.send(nowhere)).outcome is Outcome.LATER
        unknown = Device("http://push.invalid/1", self.device.private_key, self.device.auth)
        assert (await self.send(unknown)).outcome is Outcome.LATER


@pytest.mark.parametrize(
    ("endpoint", "allows_private", "is_fine"),
    [
        ("https://push.example/1", False, True),
        ("https://push.example:443/1", False, True),
        ("https://push.example:8443/1", False, False),
        ("http://push.example/1", False, False),
        ("http://push.example/1", True, True),
        ("https://push.example:8443/1", True, True),
        ("ftp://push.example/1", True, False),
        ("https://user@push.example/1", True, False),
        ("https://[::1]/1", True, False),
        ("https:///1", True, False),
        ("https://push.example", False, False),
        ("https://push.example/1#2", False, False),
        ("https://push.example/1 2", False, False),
        ("https://pusch.exämple/1", True, False),
        ("", True, False),
    ],
)
def test_what_may_be_the_address_of_a_push_service(
    endpoint: str, allows_private: bool, is_fine: bool
) -> None:
    assert may_be_endpoint(endpoint, allows_private=allows_private) is is_fine
