"""Checks that a request comes from a page of ours, or from no page at all. Pure.

Browsers let any page open a WebSocket to any server, with cookies (RFC 6455 section 10.2), and
send most other requests to any server, though the page cannot read the answer. Tornado's own
protection does not cover GET, with which transports attach; so it is off, and this stands alone.
"""

from collections.abc import Collection, Mapping

from chat.http.hosts import is_same, normalized_origin


def is_allowed(headers: Mapping[str, str], *, method: str, trusted: Collection[str]) -> bool:
    """Return whether a request with these headers may act with its user's rights.

    A link from another site may: it loads a page of its own, in which no other site's script runs.
    """
    if method == "GET" and headers.get("Sec-Fetch-Dest") == "document":
        return True
    return is_own(headers, trusted)


def is_own(headers: Mapping[str, str], trusted: Collection[str]) -> bool:
    """Return whether the request comes from our own page, a ``trusted`` origin, or a program.

    Sec-Fetch-Site (W3C Fetch Metadata) is sufficient where a browser sends it. A client that sends
    neither that header nor an Origin is not a browser, so no other site's page controls it.
    """
    origin, fetch_site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
    if fetch_site in ("same-origin", "none"):
        return True
    if fetch_site is None and (origin is None or is_same(origin, headers.get("Host", ""))):
        return True
    return origin is not None and normalized_origin(origin) in map(normalized_origin, trusted)
