"""Alerts of Grafana and of Prometheus' Alertmanager, in the shapes that they send them in."""

import json
from typing import Any

from chat.rooms.hooks.payload import read

ALERT = {
    "status": "firing",
    "labels": {"alertname": "High memory", "team": "blue", "zone": "us-1"},
    "annotations": {"summary": "Zone us-1 is at 90 %", "runbook_url": "https://book.example/1"},
    "startsAt": "2026-10-12T09:51:03.157076+02:00",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "https://grafana.example/alerting/1/edit",
    "fingerprint": "c6eadffa33fcdf37",
    "silenceURL": "https://grafana.example/alerting/silence/new",
    "dashboardURL": "",
    "panelURL": "",
    "values": {"B": 44.2, "C": 1},
}
GRAFANA = {
    "receiver": "parley",
    "status": "firing",
    "orgId": 1,
    "alerts": [ALERT],
    "groupLabels": {},
    "commonLabels": ALERT["labels"],
    "commonAnnotations": ALERT["annotations"],
    "externalURL": "https://grafana.example/",
    "version": "1",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
    "title": "[FIRING:1] High memory",
    "state": "alerting",
    "message": "**Firing**",
}
HEAD = "**[High memory](<https://grafana.example/>)**"
LINKED = "[High memory](<https://grafana.example/alerting/1/edit>)"


def text_of(**payload: Any) -> str:
    said = read({}, json.dumps(payload).encode())
    assert not said.may_mention
    return said.text


def test_one_alert_has_its_labels_and_its_summary_once() -> None:
    assert text_of(**GRAFANA) == (
        f"🔴 {HEAD} is firing\nZone us-1 is at 90 %\n- 🔴 {LINKED} `team=blue` `zone=us-1`"
    )


def test_several_alerts_are_listed_with_what_is_different() -> None:
    other = ALERT | {
        "status": "resolved",
        "labels": {"alertname": "High memory", "team": "blue", "zone": "eu-1"},
        "annotations": {"description": "Zone eu-1"},
    }
    common = {"alertname": "High memory", "team": "blue"}
    many = GRAFANA | {"alerts": [ALERT, other], "commonLabels": common, "commonAnnotations": {}}
    assert text_of(**many) == (
        f"🔴 {HEAD} is firing: 1 of 2 alerts fire\n"
        f"- 🔴 {LINKED} `zone=us-1` Zone us-1 is at 90 %\n- ✅ {LINKED} `zone=eu-1` Zone eu-1"
    )
    assert text_of(**many | {"truncatedAlerts": 7}).endswith("- … and 7 more")


def test_what_is_over_says_so() -> None:
    over = GRAFANA | {"status": "resolved", "alerts": [ALERT | {"status": "resolved"}]}
    assert text_of(**over).startswith(f"✅ {HEAD} is resolved\n")


def test_alertmanager_sends_the_same_without_some_fields() -> None:
    alert = {name: ALERT[name] for name in ("status", "labels", "annotations", "generatorURL")}
    shown = text_of(
        version="4",
        groupKey="{}",
        truncatedAlerts=0,
        status="firing",
        receiver="parley",
        groupLabels={"alertname": "High memory"},
        commonLabels=ALERT["labels"],
        commonAnnotations={},
        externalURL="https://prometheus.example",
        alerts=[alert],
    )
    assert "High memory" in shown and "Zone us-1 is at 90 %" in shown


def test_no_alert_at_all_is_no_fault() -> None:
    assert text_of(alerts=[]) == "✅ **Alerts** is resolved"
