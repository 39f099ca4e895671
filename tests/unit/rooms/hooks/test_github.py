"""GitHub's events, in the shapes that it sends them in, with some of the fields."""

import json
from typing import Any

import pytest

from chat.rooms.hooks.github import EVENTS
from chat.rooms.hooks.payload import read

REPOSITORY = {
    "id": 1296269,
    "name": "hello",
    "full_name": "octo/hello",
    "private": False,
    "owner": {"login": "octo", "id": 1},
    "html_url": "https://github.com/octo/hello",
    "default_branch": "main",
}
SENDER = {"login": "ann", "id": 2, "type": "User", "site_admin": False}
COMMON = {"repository": REPOSITORY, "sender": SENDER}
WHERE = "[octo/hello](<https://github.com/octo/hello>)"
ISSUE = {
    "url": "https://api.github.com/repos/octo/hello/issues/7",
    "html_url": "https://github.com/octo/hello/issues/7",
    "number": 7,
    "title": "It *breaks*",
    "user": SENDER,
    "labels": [],
    "state": "open",
    "body": "Always.\n\nOn Mondays.",
}
TITLE = r"[#7 It \*breaks\*](<https://github.com/octo/hello/issues/7>)"
REQUEST = {
    "html_url": "https://github.com/octo/hello/pull/8",
    "number": 8,
    "title": "Mend it",
    "body": None,
    "draft": False,
    "merged": False,
    "head": {"ref": "mend", "sha": "abc"},
    "base": {"ref": "main", "sha": "def"},
}
COMMIT = {
    "id": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
    "tree_id": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "distinct": True,
    "message": "Mend it\n\nIt was broken.",
    "timestamp": "2026-05-15T15:20:41Z",
    "url": "https://github.com/octo/hello/commit/6113728",
    "author": {"name": "Ann", "email": "ann@example.org", "username": "ann"},
    "added": [],
    "removed": [],
    "modified": ["README.md"],
}
PUSH = {
    "ref": "refs/heads/main",
    "before": "0" * 40,
    "after": COMMIT["id"],
    "created": False,
    "deleted": False,
    "forced": False,
    "base_ref": None,
    "compare": "https://github.com/octo/hello/compare/a...b",
    "commits": [COMMIT],
    "head_commit": COMMIT,
    "pusher": {"name": "ann", "email": "ann@example.org"},
}
RUN = {
    "id": 289782451,
    "name": "Tests",
    "head_branch": "main",
    "run_number": 163,
    "event": "push",
    "status": "completed",
    "conclusion": "failure",
    "html_url": "https://github.com/octo/hello/actions/runs/289782451",
}


def text_of(event: str, **payload: Any) -> str:
    encoded = json.dumps({**COMMON, **payload}).encode()
    said = read({"X-GitHub-Event": event}, encoded)
    assert not said.may_mention and not said.name
    return said.text


def test_a_push_lists_its_commits() -> None:
    assert text_of("push", **PUSH) == (
        "**ann** pushed [1 commit](<https://github.com/octo/hello/compare/a...b>) to `main` of "
        f"{WHERE}\n- [`6113728`](<https://github.com/octo/hello/commit/6113728>) Mend it"
    )
    many = text_of("push", **PUSH | {"commits": [COMMIT] * 12})
    assert "12 commits" in many and many.endswith("- … and 2 more")


def test_branches_and_tags_are_made_and_deleted_by_pushes() -> None:
    none = PUSH | {"commits": [], "head_commit": None}
    assert text_of("push", **none | {"deleted": True, "ref": "refs/tags/v1"}) == (
        f"**ann** deleted the tag `v1` of {WHERE}"
    )
    made = text_of("push", **none | {"created": True, "ref": "refs/heads/a/b"})
    assert made.startswith("**ann** made the branch [`a/b`]")
    assert "forced a push" in text_of("push", **PUSH | {"forced": True})
    assert text_of("push", **none) == ""


def test_issues_are_opened_and_closed() -> None:
    assert text_of("issues", action="opened", issue=ISSUE) == (
        f"**ann** opened the issue {TITLE} in {WHERE}\n> Always.\n>\n> On Mondays."
    )
    assert text_of("issues", action="closed", issue=ISSUE) == (
        f"**ann** closed the issue {TITLE} in {WHERE}"
    )
    request = ISSUE | {"pull_request": {"url": "https://api.github.com/pulls/7"}}
    assert text_of("issues", action="labeled", issue=request) == ""


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("opened", {}, "opened the pull request"),
        ("opened", {"draft": True}, "opened the draft pull request"),
        ("closed", {"merged": True}, "merged the pull request"),
        ("closed", {"merged": None}, "closed the pull request"),
        ("ready_for_review", {}, "asks for a review of the pull request"),
    ],
)
def test_pull_requests(action: str, fields: dict[str, Any], said: str) -> None:
    shown = text_of("pull_request", action=action, number=8, pull_request=REQUEST | fields)
    title = "[#8 Mend it](<https://github.com/octo/hello/pull/8>)"
    assert shown == f"**ann** {said} {title} in {WHERE}"


def test_what_changes_of_a_pull_request_is_no_message() -> None:
    assert text_of("pull_request", action="synchronize", pull_request=REQUEST) == ""


@pytest.mark.parametrize(
    ("more", "what"),
    [({}, "issue"), ({"pull_request": None}, "issue"), ({"pull_request": {}}, "pull request")],
)
def test_comments_are_quoted(more: dict[str, Any], what: str) -> None:
    comment = {"id": 1, "html_url": "https://github.com/octo/hello/issues/7#c1", "body": "Yes @bob"}
    shown = text_of("issue_comment", action="created", issue=ISSUE | more, comment=comment)
    wrote = "[wrote](<https://github.com/octo/hello/issues/7#c1>)"
    assert shown == f"**ann** {wrote} about the {what} {TITLE} in {WHERE}\n> Yes @bob"
    assert text_of("issue_comment", action="edited", issue=ISSUE, comment=comment) == ""


def test_releases() -> None:
    release = {
        "html_url": "https://github.com/octo/hello/releases/tag/1.0",
        "tag_name": "1.0",
        "name": None,
        "prerelease": True,
        "body": "New.",
    }
    assert text_of("release", action="published", release=release) == (
        "**ann** published the pre-release "
        f"**[1.0](<https://github.com/octo/hello/releases/tag/1.0>)** of {WHERE}\n> New."
    )
    assert text_of("release", action="created", release=release) == ""


def test_workflows_say_how_they_ended() -> None:
    shown = f"**[Tests #163](<{RUN['html_url']}>)**"
    assert text_of("workflow_run", action="completed", workflow_run=RUN) == (
        f"❌ {shown} failed on `main` in {WHERE}"
    )
    good = RUN | {"conclusion": "success"}
    assert text_of("workflow_run", action="completed", workflow_run=good) == (
        f"✅ {shown} succeeded on `main` in {WHERE}"
    )
    for action, conclusion in (("requested", None), ("completed", "skipped")):
        run = RUN | {"conclusion": conclusion}
        assert text_of("workflow_run", action=action, workflow_run=run) == ""


def test_a_ping_says_that_it_works() -> None:
    assert text_of("ping", zen="Keep it logically awesome.", hook_id=1) == (
        f"The webhook is connected: events from {WHERE} come here."
    )


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_with_nothing_in_it_is_no_fault(event: str) -> None:
    read({"X-GitHub-Event": event}, b"{}")
