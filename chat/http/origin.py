"""Whether a request is made by a page of ours, or by no page at all. Pure.

Browsers let any page open a WebSocket anywhere, cookies and all (RFC 6455 section 10.2), and send
most other requests to anywhere, though without showing the page the answer. Tornado's own
protection leaves out GET, by which transports attach.
"""

from collections.abc import Collection, Mapping

from chat.http.hosts import is_same, normalized_origin


def is_allowed(headers: Mapping[str, str], *, method: str, trusted: Collection[str]) -> bool:
    """Return whether a request with these headers may have its user's rights.

    Who follows a link from elsewhere may look: a page of its own, in which nobody else's runs.
    """
    if method == "GET" and headers.get("Sec-Fetch-Dest") == "document":
        return True
    return is_own(headers, trusted)


def is_own(headers: Mapping[str, str], trusted: Collection[str]) -> bool:
    """Return whether our own page asks, one of the origins ``trusted``, or a program.

    Sec-Fetch-Site (W3C Fetch Metadata) says it all where a browser sends it. A client that sends
    neither that nor an Origin is no browser: nobody else's page drives it.
    """
    origin, fetch_site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
    if fetch_site in ("same-origin", "none"):
        return True
    if fetch_site is None and (origin is None or is_same(origin, headers.get("Host", ""))):
        return True
    return origin is not None and normalized_origin(origin) in map(normalized_origin, trusted)
