"""The page that shows which transports work from this browser; its scripts test them.

For ``admin doctor`` it says in JSON how its request has arrived.
"""

from chat.http.tornado_adapter import RequestResponseCycle
from chat.web.page import Page


class DoctorPage(Page):
    """Shows what a browser can't know of its own request; the scripts find out the rest."""

    def get(self) -> None:
        headers, connection = self.request.headers, self.request.connection
        assert isinstance(connection, RequestResponseCycle)
        if "application/json" in headers.get("Accept", ""):
            arrived = {
                "address": self.address,
                "is_secure": self.is_secure,
                "has_forwarded_for": "X-Forwarded-For" in headers,
                "has_proxy_header": connection.connection.is_announced,
                "has_forwarded_proto": "X-Forwarded-Proto" in headers,
                "is_proxy_declared": not connection.context.is_direct,
            }
            self.send_json(arrived)
            return
        self.show(
            "doctor.html",
            modules=self.module_urls("js/doctor/main.js"),
            http_version=self.request.version,
            via=self.request.headers.get("Via", ""),
        )
