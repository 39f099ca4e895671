"""What makes the page an app that can be installed, and that starts without a network."""

from typing import Any, Final

import msgspec

from chat.http.csp import file_policy
from chat.requests.caller import Dependencies
from chat.requests.handler import PlainHandler
from chat.web.static_files import StaticFiles

_SOURCE: Final = "js/service_worker.js"
_ICONS: Final = (
    ("images/icon-192.png", "192x192", "image/png", "any"),
    ("images/icon-512.png", "512x512", "image/png", "any"),
    ("images/icon-maskable.png", "512x512", "image/png", "maskable"),
    ("images/parley.svg", "any", "image/svg+xml", "any"),
)


class ServiceWorkerHandler(PlainHandler):
    """The service worker, at an address that no version changes: browsers compare what is there."""

    def get(self) -> None:
        files: StaticFiles = self.settings["static_files"]
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Content-Security-Policy", file_policy(self.request.host))
        self.finish(files.contents[_SOURCE])


class ManifestHandler(PlainHandler):
    """The manifest (W3C Web Application Manifest). Browsers ask for it without cookies."""

    def initialize(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies

    def get(self) -> None:
        site, base = self._dependencies.accounts.site, self._dependencies.settings.base_path
        manifest: dict[str, Any] = {
            "id": f"{base}/",
            "name": site.name,
            "short_name": site.name,
            "start_url": f"{base}/",
            "scope": f"{base}/",
            "display": "standalone",
            "background_color": "#f4f2ee",
            "theme_color": "#f4f2ee",
            "icons": [
                {"src": self.static_url(src), "sizes": sizes, "type": type_, "purpose": purpose}
                for src, sizes, type_, purpose in _ICONS
            ],
        }
        if site.about:
            manifest["description"] = site.about
        self.set_header("Content-Type", "application/manifest+json")
        self.set_header("Cache-Control", "no-cache")
        self.finish(msgspec.json.encode(manifest))
