"""The templates of pages, in each language."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec
from jinja2.bccache import Bucket
from markupsafe import Markup

from chat.i18n.texts import ENGLISH, Texts, parse_texts
from chat.rooms.access import access_of
from chat.rooms.room_links import with_base_path
from chat.web.hues import hue_of
from chat.web.script_texts import texts_of_scripts

_CHAT: Final = "js/main.js"
_CATALOGUES: Final = Path(__file__).parent.parent / "i18n"


def load_languages(folder: Path = _CATALOGUES) -> Mapping[str, Texts]:
    """Return the texts by language: English, and what has a catalogue in ``folder``."""
    found = {path.stem: parse_texts(path.stem, path.read_bytes()) for path in folder.glob("*.po")}
    return {ENGLISH: Texts(language=ENGLISH), **dict(sorted(found.items()))}


@cache
def load_templates(folder: Path, static: Path, base_path: str) -> Mapping[str, jinja2.Environment]:
    """Return the templates by language; they escape text, and an undefined name is an error.

    All are compiled now: that of the chat takes 70 ms, for which the first visitor of a language,
    and everybody else, would wait.
    """
    compiled = _Compiled()
    languages = load_languages()
    shared = {
        "base": base_path,  # the path prefix of all our URLs
        "access_of": access_of,
        "hue": hue_of,
        "languages": [(language, texts.own_name) for language, texts in languages.items()],
    }
    known = {text for texts in languages.values() for text in texts.catalogue}
    in_scripts = texts_of_scripts(static, sorted(known))
    found = {}
    for language, texts in languages.items():
        templates = found[language] = _environment(folder, base_path, compiled)
        templates.globals |= shared | {
            "language": language,
            "direction": texts.direction,
            "t": texts.t,
            "tn": texts.tn,
            "t_message": texts.t_message,
            "script_texts": {entry: texts.among(own.at_once) for entry, own in in_scripts.items()},
            "late_texts": texts.among(in_scripts[_CHAT].late),
        }
        for name in templates.list_templates():
            templates.get_template(name)
    return found


class _Compiled(jinja2.BytecodeCache):
    """What one language has compiled, for the others."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


def _environment(
    folder: Path, base_path: str, compiled: jinja2.BytecodeCache
) -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        bytecode_cache=compiled,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.policies["json.dumps_kwargs"] = {"sort_keys": False}
    templates.filters["script_json"] = script_json
    templates.filters["zip"] = zip
    templates.filters["below_base"] = lambda html: with_base_path(html, base_path)
    return templates


def script_json(value: Any) -> Markup:
    """Return ``value`` as JSON that is safe in a script element.

    Only < can begin text that ends the element or opens another in it (HTML section 13.2.5.15).
    All other characters stay as they are: escaped, quotes are six times as long, and emoji twice.
    """
    return Markup(msgspec.json.encode(value).decode().replace("<", "\\u003c"))
