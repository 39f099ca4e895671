"""What Grafana's alerting sends to a webhook, and Prometheus' Alertmanager does. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from chat.rooms.hooks.markdown import MAX_LISTED, code, line, linked, listed, paragraphs
from chat.rooms.hooks.said import Said

_FIRING: Final = "firing"


class Alert(msgspec.Struct):
    status: str | None = None
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    generatorURL: str | None = None
    panelURL: str | None = None
    dashboardURL: str | None = None


class Payload(msgspec.Struct):
    alerts: list[Alert]
    status: str | None = None
    commonLabels: Mapping[str, str] = {}
    commonAnnotations: Mapping[str, str] = {}
    externalURL: str | None = None
    truncatedAlerts: int | None = None


_decoder: Final = msgspec.json.Decoder(Payload)


def read(payload: bytes) -> Said:
    """Return what ``payload`` says. Raises msgspec's errors."""
    given = _decoder.decode(payload)
    count = len(given.alerts) + (given.truncatedAlerts or 0)
    firing = sum(alert.status == _FIRING for alert in given.alerts)
    is_firing = firing > 0 or given.status == _FIRING
    name = line(given.commonLabels.get("alertname")) or "Alerts"
    head = f"{'🔴' if is_firing else '✅'} **{linked(name, given.externalURL)}** "
    head += "is firing" if is_firing else "is resolved"
    if count > 1:
        head += f": {firing} of {count} alerts fire" if firing else f": {count} alerts"
    summary = line(given.commonAnnotations.get("summary"), 400)
    lines = [_alert(alert, given) for alert in given.alerts[:MAX_LISTED]]
    return Said(paragraphs(head, summary, "", listed(lines, count)))


def _alert(alert: Alert, all_: Payload) -> str:
    own = {
        name: value
        for name, value in alert.labels.items()
        if name != "alertname" and (len(all_.alerts) == 1 or name not in all_.commonLabels)
    }
    sign = "🔴" if alert.status == _FIRING else "✅"
    name = line(alert.labels.get("alertname")) or "Alert"
    address = alert.panelURL or alert.dashboardURL or alert.generatorURL
    labels = " ".join(code(f"{label}={value}") for label, value in list(own.items())[:8])
    notes = alert.annotations
    said = notes.get("summary") or notes.get("description") or notes.get("message")
    said = "" if said == all_.commonAnnotations.get("summary") else line(said)
    return " ".join(part for part in (sign, linked(name, address), labels, said) if part)
