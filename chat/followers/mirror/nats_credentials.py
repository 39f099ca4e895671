"""A file with credentials of NATS: the JWT of a user, and the seed of the key that proves it.

The client of NATS reads such files with a package that brings a second implementation of Ed25519.
"""

import base64
import binascii
import re
from pathlib import Path
from typing import Final, NamedTuple, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_PARTS: Final = re.compile(r"-----BEGIN ([A-Z ]+)-----\s+(\S+)\s+-+END \1-+")
# A seed in base 32: two bytes say what for, and two are a checksum (github.com/nats-io/nkeys).
_SEED: Final = slice(2, 34)


class Credentials(NamedTuple):
    """What a user shows to NATS."""

    jwt: bytes
    key: Ed25519PrivateKey

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the credentials in the file ``path``. Raises OSError."""
        found = dict(_PARTS.findall(path.read_text(errors="replace")))
        try:
            seed = found["USER NKEY SEED"]
            raw = base64.b32decode(seed + "=" * (-len(seed) % 8))
            key = Ed25519PrivateKey.from_private_bytes(raw[_SEED])
            return cls(found["NATS USER JWT"].encode(), key)
        except (KeyError, binascii.Error, ValueError):
            raise OSError(f"{path} does not hold a user's JWT and seed") from None

    def sign(self, nonce: str) -> bytes:
        return base64.b64encode(self.key.sign(nonce.encode()))
