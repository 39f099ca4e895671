"""An HTTP server in threads for what Parley posts to others."""

import sys
from http.server import ThreadingHTTPServer
from typing import Any


class ReceivingServer(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that was cut: Parley does so after the head of an answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
