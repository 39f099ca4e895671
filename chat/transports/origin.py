"""Whether a WebSocket is asked for by a page of ours. Pure.

Browsers let any page open a WebSocket anywhere, cookies and all (RFC 6455 section 10.2); other
requests are held to the same rules by Tornado's cross-origin protection.
"""

from collections.abc import Collection
from urllib.parse import urlsplit


def is_own(
    origin: str | None, *, fetch_site: str | None, host: str, trusted: Collection[str]
) -> bool:
    """Return whether a request with these headers may have a user's rights.

    ``fetch_site`` is Sec-Fetch-Site (W3C Fetch Metadata), which says it all where a browser
    sends it. A client that sends neither header is no browser: nobody else's page drives it.
    """
    if fetch_site in ("same-origin", "none"):
        return True
    if fetch_site is None:
        if origin is None:
            return True
        # Not the scheme: behind a proxy that ends TLS, ours is another than the browser's.
        if urlsplit(origin).netloc.lower() == host.lower():
            return True
    return origin is not None and origin in trusted
