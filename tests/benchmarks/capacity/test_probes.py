"""The probes use the server's own code, and nothing else runs them but a measurement."""

import asyncio

import pytest

from benchmarks.capacity import probes


def test_a_transaction_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "COMMITS", 3)
    assert asyncio.run(probes._commit_us()) >= 0


def test_the_presence_that_was_written_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PRESENT", 3)
    monkeypatch.setattr(probes, "READS", 2)
    found = asyncio.run(probes._presence())
    assert found["present_bytes"] > 0
