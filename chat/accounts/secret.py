"""The secret that signs cookies and session ids: given, or made once and kept."""

import os
import secrets
from pathlib import Path
from typing import Final

from chat.errors import SettingsError

# As Settings asks of one that is given. A file may be cut short when the power goes.
MIN_LENGTH: Final = 16


def load_secret(given: str | None, data_dir: Path) -> bytes:
    """Return the secret; make one in ``data_dir``, readable by its owner only, if need be."""
    if given is not None:
        return given.encode()
    path = data_dir / "secret"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written aside and moved, so that a crash leaves no half of a secret behind.
            draft = path.with_name("secret.new")
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        secret = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"DATA_DIR: {path} can't be used ({error.strerror}). Name a folder that Parley may "
            "write to, or set SECRET."
        ) from error
    if len(secret) < MIN_LENGTH:  # nobody else may be able to sign what we sign
        raise SettingsError(
            f"DATA_DIR: {path} holds no secret. Remove it to have one made: everybody is then "
            "somebody new."
        )
    return secret
