"""The key by which push services know this server (RFC 8292)."""

import base64
import re
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_PURPOSE: Final = b"parley web push key"
# The order of the curve P-256 (NIST SP 800-186 section 3.2.1.3).
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# 16 bytes more than the order has: the remainder is as good as evenly distributed
# (FIPS 186-5, appendix A.2.1).
_BYTES: Final = 48
_BASE64URL: Final = re.compile("[A-Za-z0-9_-]*={0,2}")


def push_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the key of the server with ``secret``: the same on all of its instances.

    With another secret, browsers are told the new key when their pages are opened next, and
    subscribe again.
    """
    derived = HKDF(algorithm=SHA256(), length=_BYTES, salt=None, info=_PURPOSE).derive(secret)
    number = int.from_bytes(derived, "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the public half in base64url, as browsers want it (``applicationServerKey``)."""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64url(point)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Return the bytes. Raises ValueError."""
    if not _BASE64URL.fullmatch(text):
        raise ValueError("this is not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
