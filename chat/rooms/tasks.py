"""A rule for markdown-it: ``- [x]`` in a list is a task, shown as a checkbox. Pure."""

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_BOX: Final = re.compile(r"\[([ xX])\](?=[ \t]+\S)")
# Nobody can tick them, and who hears the page is told what they say.
DONE: Final = '<input type="checkbox" disabled="" checked="" aria-label="done">'
OPEN: Final = '<input type="checkbox" disabled="" aria-label="not done">'


def use(markdown: MarkdownIt) -> None:
    markdown.core.ruler.push("tasks", _tasks)


def _tasks(state: StateCore) -> None:
    for item, _, block in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type != "list_item_open" or block.type != "inline" or not block.children:
            continue
        text = block.children[0]
        if text.type == "text" and (box := _BOX.match(block.content)):
            text.content = text.content[box.end() :]
            html = OPEN if box[1] == " " else DONE
            block.children.insert(0, Token("html_inline", "", 0, content=html))
