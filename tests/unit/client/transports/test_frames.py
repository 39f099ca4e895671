import pytest

from chat.client.transports import frames
from chat.client.transports.frames import Opcode


def test_the_key_s_proof_is_that_of_the_specification() -> None:
    # RFC 6455 section 1.3
    assert frames.accepted("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("length", [0, 1, 3, 4, 125, 126, 65535, 65536])
def test_a_frame_is_masked_and_says_its_length(length: int) -> None:
    payload = bytes(n % 251 for n in range(length))
    data = frames.frame(Opcode.TEXT, payload)
    head = frames.head(data[:2])
    assert head.is_final and head.is_masked and head.opcode == Opcode.TEXT
    extra = 0 if length < 126 else 2 if length < 1 << 16 else 8
    assert head.length == (length if not extra else 126 if extra == 2 else 127)
    if extra:
        assert int.from_bytes(data[2 : 2 + extra], "big") == length
    key, masked = data[2 + extra : 6 + extra], data[6 + extra :]
    assert frames.masked(masked, key) == payload


def test_a_close_says_its_code_or_that_it_has_none() -> None:
    assert frames.close_code(b"\x0f\xa0bye") == 4000
    assert frames.close_code(b"") == 1005
