"""Who is kept out, until when, and what they are told."""

import msgspec
import pytest

from chat.accounts.blocklist import SWEEP_AT, Block, Blocklist, Why, decode
from chat.protocol import codes
from chat.protocol.codes import Code


def ban(who: str = "ada", *, until_s: float = 10.0, reason: str = "") -> Block:
    return Block(who=who, why=Why.BANNED, until_s=until_s, reason=reason)


def test_a_bar_holds_until_its_time_and_no_longer() -> None:
    blocks = Blocklist()
    blocks.put(ban(until_s=10.0), now=0.0)
    assert blocks.of("ada", now=9.9) == ban(until_s=10.0)
    assert blocks.of("ada", now=10.0) is None
    assert blocks.of("bob", now=0.0) is None


def test_one_that_is_over_lifts_an_earlier_one_of_its_kind_alone() -> None:
    blocks, signed_out = Blocklist(), Block(who="ada", why=Why.SIGNED_OUT, until_s=10.0)
    for block in (ban(), signed_out, ban(until_s=0.0)):
        blocks.put(block, now=0.0)
    assert blocks.of("ada", now=0.0) == signed_out
    blocks.put(Block(who="ada", why=Why.SIGNED_OUT, until_s=0.0), now=0.0)
    assert blocks.of("ada", now=0.0) is None
    assert len(blocks) == 0


def test_signed_out_is_told_before_banned() -> None:
    blocks, signed_out = Blocklist(), Block(who="ada", why=Why.SIGNED_OUT, until_s=10.0)
    for block in (ban(until_s=20.0), signed_out):
        blocks.put(block, now=0.0)
    assert blocks.of("ada", now=5.0) == signed_out
    assert blocks.of("ada", now=15.0) == ban(until_s=20.0)


def test_those_that_are_over_are_not_kept_for_ever() -> None:
    blocks = Blocklist()
    for number in range(10 * SWEEP_AT):
        blocks.put(ban(f"u{number}", until_s=number + 1.0), now=float(number))
        assert len(blocks) <= SWEEP_AT


@pytest.mark.parametrize(
    ("block", "code", "words", "disconnect"),
    [
        (
            Block(who="ada", why=Why.SIGNED_OUT, until_s=10.0),
            Code.UNAUTHORIZED,
            "You have signed out. Come back as a new guest.",
            codes.SIGNED_OUT,
        ),
        (
            ban(until_s=86400.0 + 3600.0),
            Code.BANNED,
            "You are banned until 1970-01-02 01:00 UTC.",
            codes.BANNED,
        ),
        (
            ban(until_s=60.0, reason="spam"),
            Code.BANNED,
            "You are banned until 1970-01-01 00:01 UTC: spam.",
            codes.BANNED,
        ),
    ],
)
def test_who_is_kept_out_is_told_why_and_until_when(
    block: Block, code: Code, words: str, disconnect: codes.Disconnect
) -> None:
    assert (block.refusal.code, block.refusal.message) == (code, words)
    assert block.disconnect is disconnect


def test_a_stored_bar_is_read_whatever_a_newer_version_adds_to_it() -> None:
    encoded = msgspec.json.encode({**msgspec.to_builtins(ban()), "colour": "red"})
    assert decode(encoded) == ban()
    assert decode(encoded.replace(b"banned", b"muted")) is None


def test_the_oldest_sign_outs_of_the_address_that_has_the_most_can_be_found() -> None:
    blocks = Blocklist()
    for number, source in enumerate("abbcbb"):
        block = Block(who=f"u{number}", why=Why.SIGNED_OUT, until_s=100, source=source)
        blocks.put(block, now=0)
    blocks.put(Block(who="banned", why=Why.BANNED, until_s=100), now=0)
    assert [block.who for block in blocks.oldest_sign_outs(2)] == ["u1", "u2"]
    for number in (1, 2, 4):  # lifted
        blocks.put(Block(who=f"u{number}", why=Why.SIGNED_OUT, until_s=0), now=1)
    blocks.put(Block(who="u6", why=Why.SIGNED_OUT, until_s=100, source="c"), now=1)
    assert [block.who for block in blocks.oldest_sign_outs(2)] == ["u3", "u6"]
    assert Blocklist().oldest_sign_outs(2) == []
