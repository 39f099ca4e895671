"""The key by which push services know this server."""

import pytest

from chat.accounts.push_key import base64url, from_base64url, public_key, push_key


def test_it_is_the_same_for_the_same_secret_and_another_for_another() -> None:
    key = public_key(push_key(b"a secret of this deployment"))
    assert key == public_key(push_key(b"a secret of this deployment"))
    assert key != public_key(push_key(b"another"))
    # Pinned: with another derivation all devices would have to subscribe again.
    assert key == (
        "BC6E4qQdzq6e-UeJfdcpj1mVqBvzxXO9J7DdcVZc24sbmu6-9lpocITVKu2YVQUXAF5kRBusI9zKWutNkhrQ6L4"
    )


def test_base64url_is_without_padding_and_read_with_and_without() -> None:
    for data in (b"", b"a", b"\xff\xfe", b"\xfb\xff\xbf"):
        assert from_base64url(base64url(data)) == data
        assert "=" not in base64url(data)
    for bad in ("a", "+/+/", "a b="):
        with pytest.raises(ValueError):
            from_base64url(bad)
