"""Whole addresses of paths of ours, for people and programs to use elsewhere."""

from chat.requests.handler import Handler


def address_of(handler: Handler, path: str) -> str:
    """Return the address of ``path``, as the caller of ``handler`` reaches this server."""
    base = f"{handler.request.protocol}://{handler.request.host}"
    return f"{base}{handler.dependencies.settings.base_path}/{path}"
