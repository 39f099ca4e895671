"""What GitLab sends (docs.gitlab.com, "Webhook events"). Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from chat.rooms.hooks.markdown import (
    MAX_LISTED,
    bold,
    code,
    line,
    linked,
    listed,
    paragraphs,
    quote,
)
from chat.rooms.hooks.said import Reader, Said, reader

_SHA: Final = 8
_NO_COMMIT: Final = "0" * 40  # before a branch is made, and after it is deleted


class User(msgspec.Struct):
    name: str | None = None
    username: str | None = None


class Project(msgspec.Struct):
    path_with_namespace: str | None = None
    name: str | None = None
    web_url: str | None = None


class Event(msgspec.Struct):
    """What all events have; pushes have the user's name by itself."""

    project: Project | None = None
    user: User | None = None
    user_name: str | None = None


class Commit(msgspec.Struct):
    id: str = ""
    title: str | None = None
    message: str | None = None
    url: str | None = None


class Push(Event):
    ref: str = ""
    before: str = ""
    after: str = ""
    commits: list[Commit] = []
    total_commits_count: int | None = None


class Thing(msgspec.Struct):
    """An issue or a merge request."""

    iid: int = 0
    title: str | None = None
    url: str | None = None
    action: str | None = None
    description: str | None = None


class Issue(Event):
    object_attributes: Thing = msgspec.field(default_factory=Thing)


class Run(msgspec.Struct):
    id: int = 0
    ref: str | None = None
    status: str | None = None
    url: str | None = None


class Pipeline(Event):
    object_attributes: Run = msgspec.field(default_factory=Run)


class Comment(msgspec.Struct):
    note: str | None = None
    url: str | None = None
    action: str | None = None


class Note(Event):
    object_attributes: Comment = msgspec.field(default_factory=Comment)
    issue: Thing | None = None
    merge_request: Thing | None = None
    commit: Commit | None = None


def read(kind: str, payload: bytes) -> Said | None:
    """Return what ``payload`` of this ``object_kind`` says; None for one that is not shown."""
    known = _READERS.get(kind)
    return None if known is None else known(payload)


def _push(event: Push) -> str:
    kind, _, name = event.ref.removeprefix("refs/").partition("/")
    what = "tag" if kind == "tags" else "branch"
    who, where = _who(event), _where(event)
    if event.after == _NO_COMMIT:
        return f"{who} deleted the {what} {code(name)} of {where}"
    if not event.commits or kind == "tags":
        is_new = event.before == _NO_COMMIT
        return f"{who} made the {what} {code(name)} of {where}" if is_new else ""
    count = event.total_commits_count or len(event.commits)
    commits = f"{count} commit" if count == 1 else f"{count} commits"
    lines = [
        f"{linked(code(each.id[:_SHA]), each.url)} "
        f"{line(each.title or (each.message or '').partition(chr(10))[0])}"
        for each in event.commits[:MAX_LISTED]
    ]
    return paragraphs(
        f"{who} pushed {commits} to {code(name)} of {where}", "", listed(lines, count)
    )


_ACTIONS: Final = {
    "open": "opened",
    "close": "closed",
    "reopen": "reopened",
    "merge": "merged",
    "approved": "approved",
}


def _issue(event: Issue, what: str = "issue") -> str:
    thing = event.object_attributes
    done = _ACTIONS.get(thing.action or "")
    if done is None:
        return ""
    sign = "#" if what == "issue" else "!"
    head = f"{_who(event)} {done} the {what} {_title(thing, sign)} in {_where(event)}"
    return paragraphs(head, quote(thing.description) if thing.action == "open" else "")


def _merge_request(event: Issue) -> str:
    return _issue(event, "merge request")


_STATUSES: Final = {
    "success": "✅ {} succeeded",
    "failed": "❌ {} failed",
    "canceled": "⚪ {} was cancelled",
}


def _pipeline(event: Pipeline) -> str:
    run = event.object_attributes
    said = _STATUSES.get(run.status or "")
    if said is None:
        return ""
    address = run.url
    if address is None and event.project is not None and event.project.web_url:
        address = f"{event.project.web_url}/-/pipelines/{run.id}"
    shown = f"**{linked(f'Pipeline #{run.id}', address)}**"
    branch = f" on {code(run.ref)}" if run.ref else ""
    return f"{said.format(shown)}{branch} in {_where(event)}"


def _note(event: Note) -> str:
    comment = event.object_attributes
    if comment.action not in (None, "create"):
        return ""
    if event.merge_request is not None:
        about = f" about the merge request {_title(event.merge_request, '!')}"
    elif event.issue is not None:
        about = f" about the issue {_title(event.issue, '#')}"
    elif event.commit is not None:
        about = f" about the commit {code(event.commit.id[:_SHA])}"
    else:
        about = ""
    head = f"{_who(event)} {linked('wrote', comment.url)}{about} in {_where(event)}"
    return paragraphs(head, quote(comment.note))


def _who(event: Event) -> str:
    user = event.user
    name = (user.name or user.username) if user is not None else event.user_name
    return bold(name) or "Somebody"


def _where(event: Event) -> str:
    project = event.project
    if project is None:
        return "GitLab"
    return linked(line(project.path_with_namespace or project.name), project.web_url) or "GitLab"


def _title(thing: Thing, sign: str) -> str:
    return linked(f"{sign}{thing.iid} {line(thing.title)}".rstrip(), thing.url)


_READERS: Final[Mapping[str, Reader]] = {
    "push": reader(Push, _push),
    "tag_push": reader(Push, _push),
    "issue": reader(Issue, _issue),
    "merge_request": reader(Issue, _merge_request),
    "pipeline": reader(Pipeline, _pipeline),
    "note": reader(Note, _note),
}
KINDS: Final = tuple(_READERS)
