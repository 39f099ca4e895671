"""GitLab's events, in the shapes that it sends them in, with some of the fields."""

import json
from typing import Any

import pytest

from chat.rooms.hooks.gitlab import KINDS
from chat.rooms.hooks.payload import read

PROJECT = {
    "id": 1,
    "name": "Hello",
    "web_url": "https://gitlab.example/octo/hello",
    "path_with_namespace": "octo/hello",
    "default_branch": "main",
}
USER = {"id": 1, "name": "Ann Lee", "username": "ann", "email": "[REDACTED]"}
WHERE = "[octo/hello](<https://gitlab.example/octo/hello>)"
COMMIT = {
    "id": "b6568db1bc1dcd7f8b4d5a946b0b91f9dacd7327",
    "message": "Mend it\n\nIt was broken.",
    "title": "Mend it",
    "timestamp": "2026-05-15T15:20:41+02:00",
    "url": "https://gitlab.example/octo/hello/-/commit/b6568db1",
    "author": {"name": "Ann Lee", "email": "ann@example.org"},
}
PUSH = {
    "event_name": "push",
    "before": "a" * 40,
    "after": "b" * 40,
    "ref": "refs/heads/main",
    "user_name": "Ann Lee",
    "user_username": "ann",
    "commits": [COMMIT],
    "total_commits_count": 1,
}
THING = {
    "id": 301,
    "iid": 23,
    "title": "New API",
    "url": "https://gitlab.example/octo/hello/-/issues/23",
    "state": "opened",
    "action": "open",
    "description": "For files.",
}
TITLE = "23 New API](<https://gitlab.example/octo/hello/-/issues/23>)"
RUN = {"id": 31, "iid": 3, "ref": "main", "tag": False, "status": "failed", "duration": 63}


def text_of(kind: str, **payload: Any) -> str:
    common = {"object_kind": kind, "project": PROJECT}
    said = read({"X-Gitlab-Event": "Some Hook"}, json.dumps({**common, **payload}).encode())
    assert not said.may_mention and not said.name
    return said.text


def test_a_push_lists_its_commits_and_counts_the_others() -> None:
    line = "- [`b6568db1`](<https://gitlab.example/octo/hello/-/commit/b6568db1>) Mend it"
    assert text_of("push", **PUSH) == f"**Ann Lee** pushed 1 commit to `main` of {WHERE}\n{line}"
    assert text_of("push", **PUSH | {"total_commits_count": 40}).endswith("- … and 39 more")


def test_branches_and_tags_are_made_and_deleted() -> None:
    none = PUSH | {"commits": [], "total_commits_count": 0}
    tag = none | {"ref": "refs/tags/v1", "before": "0" * 40}
    assert text_of("tag_push", **tag) == f"**Ann Lee** made the tag `v1` of {WHERE}"
    gone = none | {"after": "0" * 40}
    assert text_of("push", **gone) == f"**Ann Lee** deleted the branch `main` of {WHERE}"
    assert text_of("push", **none) == ""


@pytest.mark.parametrize(
    ("kind", "what", "action", "done"),
    [
        ("issue", "issue [#", "open", "opened"),
        ("issue", "issue [#", "close", "closed"),
        ("merge_request", "merge request [!", "merge", "merged"),
        ("merge_request", "merge request [!", "reopen", "reopened"),
    ],
)
def test_issues_and_merge_requests(kind: str, what: str, action: str, done: str) -> None:
    shown = text_of(kind, user=USER, object_attributes=THING | {"action": action})
    body = "\n> For files." if action == "open" else ""
    assert shown == f"**Ann Lee** {done} the {what}{TITLE} in {WHERE}{body}"


def test_updates_are_no_message() -> None:
    for kind in ("issue", "merge_request"):
        for action in ("update", None):
            assert text_of(kind, user=USER, object_attributes=THING | {"action": action}) == ""


def test_pipelines_say_how_they_ended() -> None:
    address = "https://gitlab.example/octo/hello/-/pipelines/31"
    assert text_of("pipeline", user=USER, object_attributes=RUN) == (
        f"❌ **[Pipeline #31](<{address}>)** failed on `main` in {WHERE}"
    )
    assert text_of("pipeline", user=USER, object_attributes=RUN | {"status": "running"}) == ""


def test_comments_are_quoted() -> None:
    note = {
        "id": 1241,
        "note": "Hello @bob",
        "noteable_type": "Issue",
        "url": "https://gitlab.example/octo/hello/-/issues/23#note_1241",
    }
    wrote = f"**Ann Lee** [wrote](<{note['url']}>)"
    about = {"issue": THING, "merge_request": None}
    assert text_of("note", user=USER, object_attributes=note, **about) == (
        f"{wrote} about the issue [#{TITLE} in {WHERE}\n> Hello @bob"
    )
    request = text_of("note", user=USER, object_attributes=note, merge_request=THING)
    assert "about the merge request [!23" in request
    commit = text_of("note", user=USER, object_attributes=note, commit=COMMIT)
    assert "about the commit `b6568db1`" in commit
    assert text_of("note", user=USER, object_attributes=note | {"action": "update"}) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_with_nothing_in_it_is_no_fault(kind: str) -> None:
    read({}, json.dumps({"object_kind": kind}).encode())
