"""Texts in one language: what is said, in which direction it is written, and its plurals. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from gettext import c2py
from io import BytesIO
from typing import Final

from babel import Locale
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

ENGLISH: Final = "en"
# Some number of every category that a language has: those of Arabic and Welsh begin again at 100.
_NUMBERS: Final = range(200)
_VALUE: Final = re.compile(r"\{(\w+)\}")
_OWN: Final = 12  # characters of a message besides its values; "{name}: {action}" would match any
_LARGE: Final = 1_000_000  # a category of its own in French and Spanish

# A text, or one for each category of numbers (CLDR): {"one": …, "other": …}.
Text = str | Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Texts:
    """The texts of a language, by the English ones; what is missing stays English.

    ``t`` and ``tn`` do for templates what those of static/js/texts.js do for scripts.
    """

    language: str  # a BCP 47 tag
    catalogue: Mapping[str, Text] = field(default_factory=dict)

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``, as the attribute ``dir`` has it."""
        return self._locale.text_direction

    @property
    def own_name(self) -> str:
        """What the language is called by those who speak it."""
        return self._locale.get_display_name() or self.language

    def t(self, text: str, /, **values: object) -> Markup:
        """Return ``text`` in this language, escaped, with the values of its {names}."""
        found = self.catalogue.get(text, text)
        return _filled(found if isinstance(found, str) else text, values)

    def tn(self, count: int, one: str, many: str, /, **values: object) -> Markup:
        """Return a text that depends on a number, which it has as {count}."""
        forms = self.catalogue.get(one, {})
        english = one if count == 1 else many
        category = self._locale.plural_form(count)
        found = english if isinstance(forms, str) else forms.get(category, english)
        return _filled(found, {"count": count, **values})

    def t_message(self, english: str) -> Markup:
        """Return a message of the server, with what it tells; a message not known stays English.

        It does for pages without a script what static/js/refusals.js does for the others.
        """
        for text, pattern in self._patterns if english not in self.catalogue else ():
            if found := pattern.fullmatch(english):
                return self.t(text, **found.groupdict())
        return self.t(english)

    def among(self, texts: Iterable[str]) -> Mapping[str, Text]:
        """Return what the catalogue has of ``texts``."""
        return {text: self.catalogue[text] for text in texts if text in self.catalogue}

    @cached_property
    def _patterns(self) -> Sequence[tuple[str, re.Pattern[str]]]:
        """The texts with values, and what they match: that with the most words of its own first."""
        own = {text: len(_VALUE.sub("", text)) for text in self.catalogue if "{" in text}
        texts = sorted((text for text in own if own[text] >= _OWN), key=lambda text: -own[text])
        return [(text, re.compile(_VALUE.sub(r"(?P<\1>.+?)", _literal(text)))) for text in texts]

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.language, sep="-")


def parse_texts(language: str, po: bytes) -> Texts:
    """Return the texts of a gettext catalogue; texts that are marked fuzzy are left out."""
    catalogue: dict[str, Text] = {}
    locale = Locale.parse(language, sep="-")
    parsed = read_po(BytesIO(po), locale=locale, abort_invalid=True)
    for message in parsed:
        if message.fuzzy or not message.id:
            continue
        said = [message.string] if isinstance(message.string, str) else message.string or []
        if not all(said):  # not translated yet
            continue
        if isinstance(message.id, str):
            catalogue[message.id] = said[0]
        else:
            catalogue[message.id[0]] = _by_category(locale, parsed.plural_expr, said)
    return Texts(language=language, catalogue=catalogue)


def _literal(text: str) -> str:
    """Return a pattern of ``text`` in which the {names} of values are left as they are."""
    return re.sub(r"[^\w\s{}]", lambda found: re.escape(found[0]), text)


def _by_category(locale: Locale, rule: str, forms: Sequence[str]) -> Mapping[str, str]:
    """Return the forms of a catalogue, which has them by its own rule, by CLDR's categories."""
    form_of = c2py(rule)
    return {locale.plural_form(n): forms[form_of(n)] for n in reversed([*_NUMBERS, _LARGE])}


def _filled(text: str, values: Mapping[str, object]) -> Markup:
    return _escaped(text).format(**values) if values else _escaped(text)


@lru_cache(maxsize=2048)  # there are few texts, and each page has many of them
def _escaped(text: str) -> Markup:
    return Markup(escape(text))
