"""What GitHub sends (docs.github.com, "Webhook events and payloads"). Pure."""

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

_SHA: Final = 7


class User(msgspec.Struct):
    login: str = ""


class Repository(msgspec.Struct):
    full_name: str = ""
    html_url: str | None = None


class Event(msgspec.Struct):
    """What all events have."""

    repository: Repository | None = None
    sender: User | None = None
    action: str = ""


class Commit(msgspec.Struct):
    id: str = ""
    message: str = ""
    url: str | None = None


class Push(Event):
    ref: str = ""
    compare: str | None = None
    commits: list[Commit] = []
    created: bool = False
    deleted: bool = False
    forced: bool = False


class Issue(msgspec.Struct):
    number: int = 0
    title: str = ""
    html_url: str | None = None
    body: str | None = None
    pull_request: msgspec.Raw = msgspec.Raw()  # of a comment's issue that is one
    merged: bool | None = False  # of a pull request
    draft: bool | None = False


class Issues(Event):
    issue: Issue = msgspec.field(default_factory=Issue)


class PullRequest(Event):
    pull_request: Issue = msgspec.field(default_factory=Issue)


class Comment(msgspec.Struct):
    html_url: str | None = None
    body: str | None = None


class IssueComment(Issues):
    comment: Comment = msgspec.field(default_factory=Comment)


class Release(msgspec.Struct):
    tag_name: str = ""
    name: str | None = None
    html_url: str | None = None
    body: str | None = None
    prerelease: bool = False


class Released(Event):
    release: Release = msgspec.field(default_factory=Release)


class Run(msgspec.Struct):
    name: str | None = None
    run_number: int = 0
    head_branch: str | None = None
    conclusion: str | None = None
    html_url: str | None = None


class WorkflowRun(Event):
    workflow_run: Run = msgspec.field(default_factory=Run)


class Ping(Event):
    zen: str = ""


def read(event: str, payload: bytes) -> Said | None:
    """Return what ``payload`` of this X-GitHub-Event says; None for one that is not shown."""
    known = _READERS.get(event)
    return None if known is None else known(payload)


def _push(event: Push) -> str:
    kind, _, name = event.ref.removeprefix("refs/").partition("/")
    what = "tag" if kind == "tags" else "branch"
    who, where = _who(event), _where(event)
    if event.deleted:
        return f"{who} deleted the {what} {code(name)} of {where}"
    if not event.commits:
        if not event.created and not event.forced:
            return ""
        done = f"made the {what}" if event.created else "forced a push to"
        return f"{who} {done} {linked(code(name), event.compare)} of {where}"
    count = len(event.commits)
    commits = f"{count} commit" if count == 1 else f"{count} commits"
    done = "forced a push of" if event.forced else "pushed"
    head = f"{who} {done} {linked(commits, event.compare)} to {code(name)} of {where}"
    lines = [
        f"{linked(code(each.id[:_SHA]), each.url)} {line(each.message.partition(chr(10))[0])}"
        for each in event.commits[:MAX_LISTED]
    ]
    return paragraphs(head, "", listed(lines, count))


_ISSUE_ACTIONS: Final = {"opened": "opened", "closed": "closed", "reopened": "reopened"}


def _issues(event: Issues) -> str:
    done = _ISSUE_ACTIONS.get(event.action)
    if done is None:
        return ""
    issue = event.issue
    head = f"{_who(event)} {done} the issue {_title(issue)} in {_where(event)}"
    return paragraphs(head, quote(issue.body) if event.action == "opened" else "")


def _pull_request(event: PullRequest) -> str:
    request = event.pull_request
    done = {**_ISSUE_ACTIONS, "ready_for_review": "asks for a review of"}.get(event.action)
    if done is None:
        return ""
    if event.action == "closed" and request.merged:
        done = "merged"
    draft = "draft " if request.draft else ""
    head = f"{_who(event)} {done} the {draft}pull request {_title(request)} in {_where(event)}"
    return paragraphs(head, quote(request.body) if event.action == "opened" else "")


def _issue_comment(event: IssueComment) -> str:
    if event.action != "created":
        return ""
    what = "issue" if bytes(event.issue.pull_request) in (b"", b"null") else "pull request"
    said = linked("wrote", event.comment.html_url)
    head = f"{_who(event)} {said} about the {what} {_title(event.issue)} in {_where(event)}"
    return paragraphs(head, quote(event.comment.body))


def _release(event: Released) -> str:
    if event.action != "published":
        return ""
    release = event.release
    shown = linked(line(release.name or release.tag_name), release.html_url)
    kind = "the pre-release" if release.prerelease else "the release"
    head = f"{_who(event)} published {kind} **{shown}** of {_where(event)}"
    return paragraphs(head, quote(release.body))


_CONCLUSIONS: Final = {
    "success": "✅ {} succeeded",
    "failure": "❌ {} failed",
    "timed_out": "❌ {} took too long",
    "startup_failure": "❌ {} could not start",
    "cancelled": "⚪ {} was cancelled",
    "action_required": "🟡 {} waits for somebody",
}


def _workflow_run(event: WorkflowRun) -> str:
    run = event.workflow_run
    said = _CONCLUSIONS.get(run.conclusion or "")
    if event.action != "completed" or said is None:
        return ""
    shown = linked(f"{line(run.name or 'The workflow')} #{run.run_number}", run.html_url)
    branch = f" on {code(run.head_branch)}" if run.head_branch else ""
    return f"{said.format(f'**{shown}**')}{branch} in {_where(event)}"


def _ping(event: Ping) -> str:
    where = f" from {_where(event)}" if event.repository is not None else ""
    return f"The webhook is connected: events{where} come here."


def _who(event: Event) -> str:
    return bold(event.sender.login if event.sender is not None else None) or "Somebody"


def _where(event: Event) -> str:
    if event.repository is None:
        return "GitHub"
    return linked(line(event.repository.full_name), event.repository.html_url)


def _title(issue: Issue) -> str:
    return linked(f"#{issue.number} {line(issue.title)}".rstrip(), issue.html_url)


_READERS: Final[Mapping[str, Reader]] = {
    "push": reader(Push, _push),
    "issues": reader(Issues, _issues),
    "pull_request": reader(PullRequest, _pull_request),
    "issue_comment": reader(IssueComment, _issue_comment),
    "release": reader(Released, _release),
    "workflow_run": reader(WorkflowRun, _workflow_run),
    "ping": reader(Ping, _ping),
}
EVENTS: Final = tuple(_READERS)
