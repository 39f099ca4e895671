"""Valid and invalid requests to the API of /openapi.json get answers as described there."""

import functools
import json
import re
import urllib.request
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis.strategies._internal import regex
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)

from chat.web.openapi import document
from tests.security.fuzz.rounds import rounds
from tests.security.fuzz.target import Target
from tests.security.fuzz.test_wire import SHARE

# Of each operation, the same in each run: nearly all kinds of answers come within the first six.
# make fuzz tries more, and others.
EXAMPLES = 7
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    positive_data_acceptance,
    negative_data_rejection,
]


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
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or has_input(item, method)
]


@functools.cache
def described() -> Any:
    return schemathesis.openapi.from_dict(document())


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
    target: Target, path: str, method: str, mode: GenerationMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regex, "regex_strategy", regex_strategy_once)
    operation: Any = described()[path][method]

    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        if path == "/poll" and mode is GenerationMode.POSITIVE:
            case.query = {**(case.query or {}), "hold_s": "0"}  # so that no poll is held
        case.call_and_validate(
            base_url=target.url, checks=CHECKS, timeout=10, allow_redirects=False
        )

    ask.__name__ = f"{method} {path} {mode.value}"
    rounds(ask, share=SHARE * len(OPERATIONS), examples=EXAMPLES)
    target.is_well()
