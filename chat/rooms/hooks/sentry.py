"""What Sentry's integrations send (docs.sentry.io, "Webhooks"). Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from chat.rooms.hooks.markdown import bold, code, line, linked, paragraphs
from chat.rooms.hooks.said import Reader, Said, reader


class Project(msgspec.Struct):
    name: str | None = None
    slug: str | None = None


class Issue(msgspec.Struct):
    title: str | None = None
    culprit: str | None = None
    level: str | None = None
    shortId: str | None = None
    web_url: str | None = None
    permalink: str | None = None
    project: Project | None = None


class IssueData(msgspec.Struct):
    issue: Issue = msgspec.field(default_factory=Issue)


class Actor(msgspec.Struct):
    name: str | None = None


class IssueChanged(msgspec.Struct):
    action: str = ""
    data: IssueData = msgspec.field(default_factory=IssueData)
    actor: Actor | None = None


class Event(msgspec.Struct):
    title: str | None = None
    culprit: str | None = None
    level: str | None = None
    environment: str | None = None
    web_url: str | None = None


class AlertData(msgspec.Struct):
    event: Event = msgspec.field(default_factory=Event)
    triggered_rule: str | None = None


class Alert(msgspec.Struct):
    data: AlertData = msgspec.field(default_factory=AlertData)


class MetricData(msgspec.Struct):
    description_title: str | None = None
    description_text: str | None = None
    web_url: str | None = None


class Metric(msgspec.Struct):
    action: str = ""
    data: MetricData = msgspec.field(default_factory=MetricData)


def read(resource: str, payload: bytes) -> Said | None:
    """Return what ``payload`` of this Sentry-Hook-Resource says; None if it is not shown."""
    known = _READERS.get(resource)
    return None if known is None else known(payload)


_LEVELS: Final = {"fatal": "🔴", "error": "🔴", "warning": "🟡"}
_ACTIONS: Final = {
    "created": "New issue",
    "resolved": "Resolved",
    "unresolved": "Open again",
    "assigned": "Assigned",
    "archived": "Archived",
    "ignored": "Archived",
}


def _issue(event: IssueChanged) -> str:
    done, issue = _ACTIONS.get(event.action), event.data.issue
    if done is None:
        return ""
    sign = "✅" if event.action == "resolved" else _sign(issue.level)
    shown = linked(f"{line(issue.title) or 'Issue'}", issue.web_url or issue.permalink)
    id_ = f" {code(issue.shortId)}" if issue.shortId else ""
    project = issue.project
    where = bold(project.name or project.slug) if project is not None else ""
    head = f"{sign} {done}{id_}{f' in {where}' if where else ''}: **{shown}**"
    by = event.actor.name if event.actor is not None else None
    # What a program of Sentry's does has its name, which says nothing.
    by = f" by {line(by)}" if by and by != "Sentry" else ""
    return paragraphs(f"{head}{by}", code(issue.culprit, 200))


def _event_alert(event: Alert) -> str:
    found, rule = event.data.event, line(event.data.triggered_rule)
    shown = linked(line(found.title) or "Event", found.web_url)
    environment = f" in {code(found.environment)}" if found.environment else ""
    head = f"{_sign(found.level)} {rule or 'Alert'}{environment}: **{shown}**"
    return paragraphs(head, code(found.culprit, 200))


_METRIC_SIGNS: Final = {"critical": "🔴", "warning": "🟡", "resolved": "✅"}


def _metric_alert(event: Metric) -> str:
    data = event.data
    title = linked(line(data.description_title) or "Metric alert", data.web_url)
    return paragraphs(
        f"{_METRIC_SIGNS.get(event.action, '🔴')} **{title}**", line(data.description_text, 400)
    )


def _sign(level: str | None) -> str:
    return _LEVELS.get(level or "", "🔵")


_READERS: Final[Mapping[str, Reader]] = {
    "issue": reader(IssueChanged, _issue),
    "event_alert": reader(Alert, _event_alert),
    "metric_alert": reader(Metric, _metric_alert),
}
RESOURCES: Final = tuple(_READERS)
