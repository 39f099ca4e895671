"""What is compressed, how, and for whom not."""

import gzip
import secrets
from collections.abc import Mapping

import brotli
import pytest

from chat.http.encodings import MAX_PAGE_BYTES, MIN_BYTES, choose, compress, compress_page

PAGE = b"<p>who is there</p>" * 100
BROWSER = "gzip, deflate, br, zstd"


@pytest.mark.parametrize(
    "accepted,encoding",
    [
        (BROWSER, "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=1.0 , gzip;q=1", "br"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("*;q=0", ""),
        ("gzip;q=0, *;q=0.1", "br"),
        ("identity", ""),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity, gzip;q=0.5", ""),
        ("deflate, zstd", ""),
        ("brotli, xgzip", ""),
        ("gzip;q=nan, br;q=x, gzip;q=-1", ""),
        ("gzip;q=2", ""),
        ("", ""),
        (",;,", ""),
    ],
)
def test_the_encoding_is_one_that_the_client_likes(accepted: str, encoding: str) -> None:
    assert choose(accepted) == encoding


def test_what_is_compressed_reads_as_it_was_and_is_the_same_each_time() -> None:
    for encoding, decompress in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        encoded = compress(PAGE, encoding)
        assert encoded is not None and encoded == compress(PAGE, encoding)
        assert decompress(encoded) == PAGE and len(encoded) < len(PAGE) / 10


def test_what_would_not_get_shorter_is_left_as_it_is() -> None:
    for encoding in ("br", "gzip"):
        assert compress(b"x" * (MIN_BYTES - 1), encoding) is None
        assert compress(secrets.token_bytes(1000), encoding) is None


def page_for(
    headers: Mapping[str, str], *, is_secure: bool, page: bytes = PAGE
) -> tuple[str, bytes] | None:
    accepts = {"Accept-Encoding": BROWSER, **headers}
    return compress_page(page, accepts, is_secure=is_secure)


@pytest.mark.parametrize("is_secure", [True, False])
@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "nonsense"])
def test_a_page_that_a_page_elsewhere_asked_for_is_not_compressed(
    site: str, is_secure: bool
) -> None:
    assert page_for({"Sec-Fetch-Site": site}, is_secure=is_secure) is None


@pytest.mark.parametrize("is_secure", [True, False])
@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_page_that_its_visitor_asked_for_is(site: str, is_secure: bool) -> None:
    encoded = page_for({"Sec-Fetch-Site": site}, is_secure=is_secure)
    assert encoded is not None
    encoding, content = encoded
    assert (encoding, brotli.decompress(content)) == ("br", PAGE)


def test_a_page_has_the_encoding_that_the_client_likes() -> None:
    encoded = page_for({"Accept-Encoding": "gzip"}, is_secure=False)
    assert encoded is not None
    encoding, content = encoded
    assert (encoding, gzip.decompress(content)) == ("gzip", PAGE)


def test_whoever_does_not_say_is_believed_only_where_nothing_is_secret_anyway() -> None:
    assert page_for({}, is_secure=True) is None
    assert page_for({}, is_secure=False) is not None


def test_a_page_is_compressed_for_who_can_read_it_and_within_bounds() -> None:
    for accepted in ("", "deflate", "br;q=0, gzip;q=0", "identity"):
        assert page_for({"Accept-Encoding": accepted}, is_secure=False) is None
    for size, is_compressed in (
        (MIN_BYTES - 1, False),
        (MIN_BYTES, True),
        (MAX_PAGE_BYTES, True),
        (MAX_PAGE_BYTES + 1, False),
    ):
        page = b"x" * size
        assert (page_for({}, is_secure=False, page=page) is not None) == is_compressed
