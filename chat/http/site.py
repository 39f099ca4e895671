"""The host names and the base path under which this server is reached. Pure.

Any site can make its own name resolve to our address a moment after its page was loaded (DNS
rebinding). The browser then takes us for that site: the page can read our answers, and its Origin
matches its Host. Only a list of our own names detects this.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from chat.http.hosts import name_of
from chat.http.messages import HttpRequest, Refusal
from chat.protocol.codes import Code

# Balancers and platforms request these without the proxy, by an address or a name of their own.
# The answer is the same for every client, and contains no personal data.
_CHECKS: Final = frozenset({"/healthz", "/readyz"})
# Prometheus also collects without the proxy, usually by address. DNS rebinding needs a name: no
# page of another site can have our address in its Host.
_COLLECTED: Final = frozenset({"/metrics"})


@dataclass(frozen=True)
class Site:
    """The host names and the base path that this server accepts.

    ``hosts`` are in lower case and without ports; an empty collection accepts any host.
    ``base_path`` is empty, or begins with a slash and does not end with one.
    """

    hosts: Collection[str] = ()
    base_path: str = ""

    def receive(self, request: HttpRequest) -> HttpRequest:
        """Return ``request`` with the base path removed from its target.

        Raises:
            Refusal: the host is not one of ours (421), or the path is outside the base path (404).
        """
        if self.hosts and not self._is_named(request.host, request.path):
            raise Refusal(
                421,
                "This server does not answer to the name in Host. Its names are in ALLOWED_HOSTS.",
                code=Code.FORBIDDEN,
            )
        if not self.base_path or request.path in _CHECKS | _COLLECTED:
            return request
        inner = request.target.removeprefix(self.base_path)
        if inner == request.target or inner[:1] not in ("/", "?", ""):
            raise Refusal(404, f"Everything here is below {self.base_path}/.")
        return request._replace(target=inner if inner[:1] == "/" else f"/{inner}")

    def _is_named(self, host: str, path: str) -> bool:
        if path.removeprefix(self.base_path) in _CHECKS:
            return True
        name = name_of(host)
        return name in self.hosts or (path in _COLLECTED and _is_no_name(name))


def _is_no_name(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name == "localhost"
    return True
