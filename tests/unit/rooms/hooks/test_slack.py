"""What Slack's incoming webhooks take is said in our Markdown."""

import json
from typing import Any

import pytest

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.rooms.hooks.payload import read
from chat.rooms.texts import MAX_TEXT_CHARACTERS


def text_of(**payload: Any) -> str:
    return read({}, json.dumps(payload).encode()).text


def test_a_text_is_markdown_already_and_may_mention() -> None:
    said = read({}, b'{"text": "**Done** @ann", "name": "Builds"}')
    assert said == ("**Done** @ann", "Builds", True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("see <https://a.example/b|the *page*>", "see [the *page*](<https://a.example/b>)"),
        ("see <https://a.example/b>", "see https://a.example/b"),
        ("<mailto:a@b.example|Ann>", "Ann"),
        (
            "<!here> <@U024BE7LH|ann> <#C024BE7LR|dev> <!date^1^{date}|today>",
            "@here @ann #dev today",
        ),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_what_slack_puts_in_angle_brackets_is_shown(given: str, said: str) -> None:
    assert text_of(text=given) == said


def test_attachments_are_quotes() -> None:
    shown = text_of(
        username="ci",
        icon_emoji=":robot_face:",
        channel="#ignored",
        attachments=[
            {
                "color": "#36a64f",
                "fallback": "Build 7 failed",
                "pretext": "*New* build",
                "author_name": "Jenkins",
                "title": "Build 7",
                "title_link": "https://ci.example/7",
                "text": "It *failed*\nafter 3 min",
                "fields": [
                    {"title": "Branch", "value": "main", "short": True},
                    {"title": "Tests", "value": 12},
                ],
                "footer": "ci.example",
                "ts": 1234567890,
            },
            {"fallback": "only this"},
        ],
    )
    assert shown == (
        "**New** build\n\n> Jenkins\n> **[Build 7](<https://ci.example/7>)**\n> It **failed**\n"
        "> after 3 min\n> **Branch:** main\n> **Tests:** 12\n> ci.example\n\nonly this"
    )


def test_blocks_take_the_place_of_the_text() -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "No"}, "value": "1"}
    shown = text_of(
        text="for notifications",
        blocks=[
            {"type": "header", "text": {"type": "plain_text", "text": "Deploy", "emoji": True}},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "*7.1* to ~test~ production"},
                "fields": [{"type": "mrkdwn", "text": "*By*\nann"}],
                "accessory": button,
            },
            {"type": "divider"},
            {"type": "actions", "elements": [button]},
            {
                "type": "context",
                "elements": [
                    {"type": "image", "image_url": "https://a.example/i.png", "alt_text": "ok"},
                    {"type": "mrkdwn", "text": "in 3 min"},
                ],
            },
        ],
    )
    assert shown == "**Deploy**\n\n**7.1** to ~~test~~ production\n**By**\nann\n\nok in 3 min"
    assert text_of(text="shown", blocks=[{"type": "divider"}]) == "shown"


@pytest.mark.parametrize(
    "payload", [{"text": ""}, {"text": None}, {"attachments": []}, {"blocks": [{"type": "image"}]}]
)
def test_nothing_to_say_is_an_error(payload: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        text_of(**payload)
    assert caught.value.code == Code.EMPTY


def test_of_many_long_parts_those_are_read_that_a_message_holds() -> None:
    parts = [{"text": "*a* " * 3000}, {"text": "never read"}]
    for payload in (
        {"attachments": parts},
        {"blocks": [{"type": "section", "text": part} for part in parts]},
        {"attachments": [{"fields": [{"value": part["text"]} for part in parts]}]},
    ):
        shown = text_of(**payload)
        assert "never read" not in shown
        assert len(shown) <= MAX_TEXT_CHARACTERS and shown.endswith("characters.")
