"""Valid and invalid requests to the API of /openapi.json get answers as described there."""

import functools
import json
import re
import urllib.request
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies._internal import regex

from chat.web.openapi import document
from tests.security.fuzz.rounds import rounds
from tests.security.fuzz.target import Target
from tests.security.fuzz.test_wire import SHARE

# Of each operation, the same in each run: nearly all kinds of answers come within the first six.
# make fuzz tries more, and others.
EXAMPLES = 7
# Schemathesis's names of valid and of invalid requests.
MODES = ("positive", "negative")


def has_input(item: dict[str, Any], method: str) -> bool:
    """Return whether a request can be invalid: it has parameters or a body.

    An upload hardly can: any body is a file, and more names are taken than tools make of a pattern.
    """
    operation = item[method]
    if "application/octet-stream" in operation.get("requestBody", {}).get("content", ()):
        return False
    return bool(item.get("parameters") or operation.keys() & {"parameters", "requestBody"})


OPERATIONS = [
    (path, method, mode)
    for path, item in document()["paths"].items()
    for method in item
    if method != "parameters"
    for mode in MODES
    if mode == "positive" or has_input(item, method)
]


# Schemathesis takes 0.4 s to import, which each process that collects tests would do.
@functools.cache
def described() -> Any:
    import schemathesis

    return schemathesis.openapi.from_dict(document())


@functools.cache
def checks() -> Sequence[Any]:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    return [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
        checks.positive_data_acceptance,
        checks.negative_data_rejection,
    ]


_regex_strategy = regex.regex_strategy
_made: dict[object, Any] = {}


def regex_strategy_once(
    pattern: re.Pattern[str], fullmatch: bool, *, alphabet: Any, **options: bool
) -> Any:
    """Return the strategy of a pattern, made once.

    Hypothesis lists each character of each class, which takes half a second for names, and does so
    again for each filter, and twice for an alphabet that is a strategy.
    """
    key = pattern, fullmatch, alphabet.intervals, *options.items()
    if key not in _made:
        _made[key] = _regex_strategy(pattern, fullmatch, alphabet=alphabet, **options)
    return _made[key]


def test_the_document_is_served_as_it_is_made(target: Target) -> None:
    with urllib.request.urlopen(f"{target.url}/openapi.json") as answer:
        assert json.loads(answer.read()) == json.loads(json.dumps(document()))


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_every_answer_is_as_described(
    target: Target, path: str, method: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from schemathesis.generation import GenerationMode

    monkeypatch.setattr(regex, "regex_strategy", regex_strategy_once)
    operation: Any = described()[path][method]

    @given(operation.as_strategy(generation_mode=GenerationMode(mode)))
    def ask(case: Any) -> None:
        if path == "/poll" and mode == "positive":
            case.query = {**(case.query or {}), "hold_s": "0"}  # so that no poll is held
        case.call_and_validate(
            base_url=target.url, checks=checks(), timeout=10, allow_redirects=False
        )

    ask.__name__ = f"{method} {path} {mode}"
    rounds(ask, share=SHARE * len(OPERATIONS), examples=EXAMPLES)
    target.is_well()
