"""Slack's marks become Markdown; what means nothing here stays as text."""

import pytest

from chat.admin.importing.slack_text import markdown
from chat.admin.importing.source import Names

NAMES = Names({"U1": "Ada L", "U2": "Grace"}, {"C1": "tea"})


@pytest.mark.parametrize(
    ("slack", "here"),
    [
        ("*bold* and _it_ and ~gone~", "**bold** and _it_ and ~~gone~~"),
        ("2*3*4 a*b c~d~e", "2*3*4 a*b c~d~e"),
        ("a &lt;b&gt; &amp;amp;", "a <b> &amp;"),
        ("&gt; quoted", "> quoted"),
        ("`a &lt; *b*` and ```*x*\n&amp;```", "`a < *b*` and ```*x*\n&```"),
        ("see <https://a.example/?b=1&amp;c=2>", "see https://a.example/?b=1&c=2"),
        ("<https://a.example|the *notes*>", "[the **notes**](https://a.example)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<#C1|old-name> <#C9|gone> <#C9>", "#tea #gone #C9"),
        ("<!here> <!subteam^S1|@team> <!date^1^{date}|May>", "@here @team May"),
        (":tada: :+1::skin-tone-3: :party-parrot: 10:30:45", "🎉 👍 :party-parrot: 10:30:45"),
    ],
)
def test_a_mark_becomes_markdown(slack: str, here: str) -> None:
    assert markdown(slack, NAMES)[0] == here


def test_people_are_mentioned_by_their_names_here() -> None:
    text, mentions = markdown("<@U1> and <@U2|old> and <@U1> and <@U9|gone> &lt;@U2&gt;", NAMES)
    assert text == "@Ada L and @Grace and @Ada L and @gone <@U2>"
    assert mentions == ["U1", "U2"]
