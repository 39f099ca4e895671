"""What Slack's incoming webhooks take, which is also our own form: ``{"text", "name"?}``. Pure."""

import re
from collections.abc import Iterable
from typing import Annotated, Final

import msgspec

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.rooms.hooks.markdown import linked
from chat.rooms.hooks.said import Said
from chat.rooms.texts import MAX_TEXT_CHARACTERS

# More than any sender makes; each takes as much as a short message.
MAX_PARTS: Final = 100
# A message holds half of it: what is longer is cut before it is looked at.
MAX_CHARACTERS: Final = 2 * MAX_TEXT_CHARACTERS

_LINK: Final = re.compile(
    r"<(?:(https?://[^\s<>|]{1,2000})|(mailto:[^\s<>|]{1,300}))(?:\|([^<>\n]{1,500}))?>"
)
_SPECIAL: Final = re.compile(r"<([@#!])([^<>|\n]{1,80})(?:\|([^<>\n]{1,80}))?>")
_BOLD: Final = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,500})(?<=\S)\*(?![\w*])")
_STRUCK: Final = re.compile(r"(?<![\w~])~(?=[^\s~])([^~\n]{1,500})(?<=\S)~(?![\w~])")
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_MARKDOWN: Final = "mrkdwn"


class Words(msgspec.Struct):
    """A text of a block; of the type ``mrkdwn`` it is Slack's Markdown."""

    type: str = _MARKDOWN
    text: str = ""


class Field(msgspec.Struct):
    title: str | None = None
    value: str | int | float | bool | None = None


Fields = Annotated[list[Field], msgspec.Meta(max_length=MAX_PARTS)]


class Element(msgspec.Struct):
    """A part of a context: a text or a picture."""

    type: str = ""
    text: str | None = None
    alt_text: str | None = None


class Block(msgspec.Struct):
    type: str
    text: Words | None = None
    fields: Annotated[list[Words], msgspec.Meta(max_length=MAX_PARTS)] | None = None
    # Of blocks that are not shown, they may be of any type.
    elements: msgspec.Raw = msgspec.Raw(b"[]")


class Attachment(msgspec.Struct):
    pretext: str | None = None
    author_name: str | None = None
    title: str | None = None
    title_link: str | None = None
    text: str | None = None
    fields: Fields | None = None
    footer: str | None = None
    fallback: str | None = None


class Payload(msgspec.Struct):
    text: str | None = None
    name: str | None = None
    username: str | None = None
    attachments: Annotated[list[Attachment], msgspec.Meta(max_length=MAX_PARTS)] | None = None
    blocks: Annotated[list[Block], msgspec.Meta(max_length=MAX_PARTS)] | None = None


_decoder: Final = msgspec.json.Decoder(Payload)
_elements: Final = msgspec.json.Decoder(
    Annotated[list[Element], msgspec.Meta(max_length=MAX_PARTS)]
)


def read(payload: bytes) -> Said:
    """Return what ``payload`` says. Raises InvalidInput, and msgspec's errors."""
    given = _decoder.decode(payload)
    # As in Slack, the text beside blocks is for notifications only.
    said = _first(_block(block) for block in given.blocks or ())
    said = said or [_plain(given.text or "")]
    attached = _first(_attachment(attachment) for attachment in given.attachments or ())
    text = "\n\n".join(part for part in [*said, *attached] if part).strip()
    if not text:
        raise InvalidInput(Code.EMPTY, "The payload has no text: give text, blocks or attachments.")
    return Said(text, name=given.name or given.username or "", may_mention=True)


def _block(block: Block) -> str:
    match block.type:
        case "header" if block.text is not None:
            return f"**{block.text.text.strip()}**" if block.text.text.strip() else ""
        case "section":
            texts = [block.text] if block.text is not None else []
            return "\n".join(_first(_words(each) for each in [*texts, *(block.fields or ())]))
        case "context":
            elements = _elements.decode(block.elements)
            words = (
                _words(Words(each.type, each.text)) if each.text else each.alt_text or ""
                for each in elements
            )
            return " ".join(_first(words)).strip()
    return ""


def _words(words: Words) -> str:
    return _markdown(words.text) if words.type == _MARKDOWN else words.text


def _attachment(attachment: Attachment) -> str:
    title = linked(_markdown(attachment.title or "").strip(), attachment.title_link)
    texts = (attachment.text, *map(_field, attachment.fields or ()), attachment.footer)
    quoted = [_markdown(attachment.author_name or ""), f"**{title}**" if title else ""]
    quoted += _first(_markdown(text or "") for text in texts)
    if not any(quoted) and not attachment.pretext:
        return _markdown(attachment.fallback or "")
    lines = "\n".join(each for each in quoted if each).splitlines()
    quote = "\n".join(f"> {line}".rstrip() for line in lines)
    return "\n\n".join(part for part in (_markdown(attachment.pretext or ""), quote) if part)


def _field(field: Field) -> str:
    value = "" if field.value is None else str(field.value)
    title = f"*{field.title.strip()}:* " if field.title and field.title.strip() else ""
    return f"{title}{value}".strip()


def _first(parts: Iterable[str]) -> list[str]:
    """Return the first of ``parts`` that are not empty: those that a message holds, and one."""
    found: list[str] = []
    length = 0
    for part in filter(None, parts):
        found.append(part)
        length += len(part)
        if length > MAX_TEXT_CHARACTERS:
            break
    return found


def _markdown(text: str) -> str:
    """Return Slack's Markdown as ours, which has two signs around bold and struck words."""
    text = _beginning(text)
    return _plain(_STRUCK.sub(r"~~\1~~", _BOLD.sub(r"**\1**", text)))


def _plain(text: str) -> str:
    """Return ``text`` with what Slack has in angle brackets, and its entities, as Markdown."""
    text = _LINK.sub(_link, _beginning(text))
    text = _SPECIAL.sub(_special, text)
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    return text


def _beginning(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]} …"


def _link(match: re.Match[str]) -> str:
    address, mail, shown = match.groups()
    if address is None:
        return str(shown or mail.removeprefix("mailto:"))
    return linked(shown.strip(), address) if shown and shown.strip() else str(address)


def _special(match: re.Match[str]) -> str:
    sign, id, shown = match.groups()
    if sign == "!":  # <!here>, <!date^…|shown>
        return shown or f"@{id.partition('^')[0]}"
    return f"{sign}{(shown or id).removeprefix(sign)}"
