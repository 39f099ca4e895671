"""How the paths of requests are written into logs."""

from typing import Final

# Our longest path is that of a message in a room with a long name.
MAX_PATH: Final = 200
# Whoever reads the code in the address of a webhook can speak in its room.
_HOOKS: Final = "/hooks/"


def logged(path: str) -> str:
    """Return ``path`` as logs have it: no secret, and not too long."""
    if path.startswith(_HOOKS):
        return f"{_HOOKS}…"
    return path if len(path) <= MAX_PATH else f"{path[:MAX_PATH]}…"
