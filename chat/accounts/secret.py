"""The secret that signs cookies and session ids: set by the operator, or made once and kept."""

import hmac
import secrets
from pathlib import Path
from typing import Final

from chat.errors import SettingsError
from chat.settings import private_files

# The same minimum as for SECRET. A power failure may truncate the file.
MIN_LENGTH: Final = 16


def fingerprint(secret: bytes) -> str:
    """Return a text by which instances with the same secret are known.

    Whoever has it can check a guess of the secret, as everybody can who has a cookie.
    """
    return hmac.digest(secret, b"parley: which secret this is", "sha256")[:8].hex()


def load_secret(given: str | None, data_dir: Path) -> bytes:
    """Return ``given`` or the secret in ``data_dir``; make one there if it has none.

    Only the owner can read the file. Raises SettingsError if it can't be used or is too short.
    """
    if given is not None:
        return given.encode()
    path = data_dir / "secret"
    try:
        private_files.make_folder(data_dir)
        if not path.exists():
            # Written to another file and renamed, so that a crash leaves no half secret behind.
            draft = path.with_name("secret.new")
            with private_files.create(draft, is_for_server=True) as file:
                file.write(secrets.token_urlsafe(32).encode())
            draft.rename(path)
        private_files.narrow(path)
        secret = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"DATA_DIR: {path} can't be used ({error.strerror}). Name a folder that Parley may "
            "write to, or set SECRET."
        ) from error
    if len(secret) < MIN_LENGTH:  # a short secret could be guessed, and cookies forged
        raise SettingsError(
            f"DATA_DIR: {path} holds no secret. Remove it to have one made: everybody is then "
            "somebody new."
        )
    return secret
