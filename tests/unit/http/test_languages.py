"""The language that a browser prefers."""

import pytest

from chat.http.languages import choose_language


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("de", "de"),
        ("DE-at", "de"),
        ("de-AT, en;q=0.9", "de"),
        ("fr, de;q=0.5, en;q=0.4", "de"),
        ("en;q=0.4, de;q=0.5", "de"),
        ("en, de", "en"),
        ("de;q=0, en;q=0.1", "en"),
        ("pt", None),
        ("pt-BR", "pt-BR"),
        ("pt-br-x-any", "pt-BR"),
        ("fr", None),
        ("*", None),
        ("", None),
        ("de;q=nonsense", None),
        (";;,,-", None),
    ],
)
def test_the_best_that_there_is(accepted: str, chosen: str | None) -> None:
    assert choose_language(accepted, ["en", "de", "pt-BR"]) == chosen
