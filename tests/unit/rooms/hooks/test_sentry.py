"""What Sentry's integrations send, in its shapes, with some of the fields."""

import json
from typing import Any

import pytest

from chat.rooms.hooks.payload import read
from chat.rooms.hooks.sentry import RESOURCES

PROGRAM = {"id": "sentry", "name": "Sentry", "type": "application"}
ISSUE = {
    "id": "1170820242",
    "shortId": "SHOP-1",
    "title": "TypeError: None has no price",
    "culprit": "shop.cart in total",
    "level": "error",
    "status": "unresolved",
    "url": "https://sentry.io/api/0/issues/1170820242/",
    "web_url": "https://sentry.io/organizations/octo/issues/1170820242/",
    "project": {"id": "1", "name": "shop", "slug": "shop", "platform": "python"},
    "count": "1",
}
SHOWN = f"**[TypeError: None has no price](<{ISSUE['web_url']}>)**"


def text_of(resource: str, **payload: Any) -> str:
    encoded = json.dumps({"installation": {"uuid": "a"}, **payload}).encode()
    said = read({"Sentry-Hook-Resource": resource}, encoded)
    assert not said.may_mention and not said.name
    return said.text


def test_issues_come_and_are_resolved() -> None:
    assert text_of("issue", action="created", actor=PROGRAM, data={"issue": ISSUE}) == (
        f"🔴 New issue `SHOP-1` in **shop**: {SHOWN}\n`shop.cart in total`"
    )
    ann = {"id": 1, "name": "ann", "type": "user"}
    assert text_of("issue", action="resolved", actor=ann, data={"issue": ISSUE}) == (
        f"✅ Resolved `SHOP-1` in **shop**: {SHOWN} by ann\n`shop.cart in total`"
    )
    assert text_of("issue", action="renamed", actor=ann, data={"issue": ISSUE}) == ""


def test_an_alert_tells_of_its_event_and_rule() -> None:
    event = {
        "event_id": "e4874d664c3540c1a32eab185f12c5ab",
        "title": "ReferenceError: heck",
        "culprit": "?(<anonymous>)",
        "level": "warning",
        "environment": "production",
        "url": "https://sentry.io/api/0/projects/octo/shop/events/e4/",
        "web_url": "https://sentry.io/organizations/octo/issues/1/events/e4/",
        "issue_url": "https://sentry.io/api/0/issues/1/",
    }
    data = {"event": event, "triggered_rule": "Many errors"}
    assert text_of("event_alert", action="triggered", actor=PROGRAM, data=data) == (
        f"🟡 Many errors in `production`: **[ReferenceError: heck](<{event['web_url']}>)**\n"
        "`?(<anonymous>)`"
    )


def test_a_metric_alert_has_its_own_words() -> None:
    data = {
        "metric_alert": {"id": "1", "status": 2},
        "description_title": "Resolved: Too many errors",
        "description_text": "1000 events in the last 10 minutes\nFilter: level:error",
        "web_url": "https://sentry.io/organizations/octo/alerts/1/",
    }
    assert text_of("metric_alert", action="resolved", actor=PROGRAM, data=data) == (
        f"✅ **[Resolved: Too many errors](<{data['web_url']}>)**\n"
        "1000 events in the last 10 minutes Filter: level:error"
    )


@pytest.mark.parametrize("resource", RESOURCES)
def test_an_event_with_nothing_in_it_is_no_fault(resource: str) -> None:
    read({"Sentry-Hook-Resource": resource}, b"{}")
