"""What scripts/audit.py makes of what pip-audit says."""

from typing import Any

from scripts.audit import CANARY, findings, pins

KNOWN = {"id": "PYSEC-1", "aliases": ["CVE-2"], "fix_versions": ["2.1"]}
SINGING = {"name": CANARY[0], "version": CANARY[1], "vulns": [KNOWN]}
CLEAN = {"name": "tornado", "version": "6.6.1", "vulns": []}


def report(*dependencies: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(dependencies), "fixes": []}


def test_what_is_known_against_a_pin_is_found() -> None:
    bad = {"name": "jinja2", "version": "2.10", "vulns": [KNOWN]}
    found = findings(report(CLEAN, bad, SINGING))
    assert found == (["jinja2 2.10: PYSEC-1, CVE-2; fixed in 2.1"], [])


def test_nothing_against_the_pins_is_good_news_only_where_somebody_knows() -> None:
    assert findings(report(CLEAN, SINGING)) == ([], [])
    assert findings(report(CLEAN, {**SINGING, "vulns": []})) is None
    assert findings(report(CLEAN, {"name": CANARY[0], "skip_reason": "not found"})) is None
    assert findings(report()) is None


def test_what_could_not_be_asked_is_told() -> None:
    skipped = {"name": "ours", "skip_reason": "not found on PyPI"}
    assert findings(report(skipped, SINGING)) == ([], ["ours: not found on PyPI"])


def test_pins_are_read_from_a_lock() -> None:
    lock = """# by uv
httptools==0.9.0 \\
    --hash=sha256:00==
redis>=8
py-x==1 ; python_version
"""
    assert pins(lock) == ["httptools==0.9.0", "py-x==1"]
