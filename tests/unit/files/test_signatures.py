"""A file is what its first bytes say, whatever its name is."""

import pytest

from chat.files.signatures import HEAD_BYTES, PICTURES, TEXT, UNKNOWN, type_of


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n\0", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\0\0\0\0XXXX", UNKNOWN),
        (b"\0\0\0\x20ftypavif", "image/avif"),
        (b"\0\0\0\x20ftypheic", "image/heic"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b" \x89PNG\r\n\x1a\n", UNKNOWN),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", TEXT),
        (b"<!DOCTYPE html>", TEXT),
        ("gr\u00fc\u00dfe".encode(), TEXT),
        ("gr\u00fc\u00dfe".encode("latin-1"), UNKNOWN),
        (b"a\0b", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_a_type_is_that_of_the_content(head: bytes, expected: str) -> None:
    assert type_of(head, is_all=True) == expected
    assert (expected in PICTURES) == expected.startswith("image/") - (expected == "image/heic")


def test_a_text_may_be_cut_within_a_character() -> None:
    text = "\u20ac".encode() * HEAD_BYTES
    for end in range(HEAD_BYTES - 3, HEAD_BYTES):
        assert type_of(text[:end], is_all=False) == TEXT
    assert type_of(text[: HEAD_BYTES - 4], is_all=True) == TEXT
    assert type_of(text[: HEAD_BYTES - 3], is_all=True) == UNKNOWN
