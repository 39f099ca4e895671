"""The names and the path under which this server is reached. Pure.

A page of any site can have its own name resolve to our address a moment after it was loaded (DNS
rebinding). To its browser we are then that site: it reads our answers, and its Origin agrees with
its Host. Only a list of our own names tells it apart.
"""

import dataclasses
import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from chat.http.hosts import name_of
from chat.http.messages import HttpRequest, Refusal
from chat.protocol.codes import Code

# Balancers and platforms check these past the proxy, by an address or a name of their own. The
# answer is the same for everybody, and says nothing of people.
_CHECKS: Final = frozenset({"/healthz", "/readyz"})
# Prometheus collects past the proxy too, by address as a rule, which no page elsewhere can have.
_COLLECTED: Final = frozenset({"/metrics"})


@dataclass(frozen=True)
class Site:
    """``hosts`` are in lower case and without ports; none of them is any.

    ``base_path`` is empty, or begins with a slash and does not end with one.
    """

    hosts: Collection[str] = ()
    base_path: str = ""

    def receive(self, request: HttpRequest) -> HttpRequest:
        """Return ``request`` with its target below the base path. Raises Refusal."""
        if not self._is_named(request.host, request.path):
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
        return dataclasses.replace(request, target=inner if inner[:1] == "/" else f"/{inner}")

    def _is_named(self, host: str, path: str) -> bool:
        if not self.hosts or path.removeprefix(self.base_path) in _CHECKS:
            return True
        name = name_of(host)
        return name in self.hosts or (path in _COLLECTED and _is_no_name(name))


def _is_no_name(name: str) -> bool:
    """Return whether ``name`` is an address, or a machine's own name for itself."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name == "localhost"
    return True
