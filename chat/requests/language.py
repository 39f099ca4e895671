"""The language of pages for a caller: chosen, or else what the browser asks for."""

from typing import Final

from chat.http.languages import choose_language
from chat.i18n.texts import ENGLISH
from chat.requests.caller import Caller

_COOKIE: Final = "parley_language"  # static/js/views/language.js sets it


def language_of(caller: Caller) -> str:
    """Return one of the languages that there are templates in."""
    accepted = caller.headers.get("Accept-Language", "")
    asked_for = choose_language(accepted, caller.dependencies.templates.keys())
    return chosen_language(caller) or asked_for or ENGLISH


def chosen_language(caller: Caller) -> str:
    """Return the language that the person has chosen; empty: none."""
    chosen = caller.sent_cookies.get(_COOKIE, "")
    return chosen if chosen in caller.dependencies.templates else ""
