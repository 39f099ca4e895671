"""What works from this browser, transport by transport: the page; its scripts do the examining."""

from chat.handler import Handler
from chat.web.pages import content_policy, module_names

_ABOUT = ("js/doctor/", "js/engine/", "js/transports/", "js/telling.js", "js/wording.js")


class DoctorPage(Handler):
    """Says what a browser can't know of its own request, and lets the scripts find out the rest."""

    def get(self) -> None:
        self.set_header("Content-Security-Policy", content_policy(self.request.host))
        self.set_header("Content-Type", "text/html; charset=utf-8")
        modules = module_names(self.parts.static)
        self.finish(
            self.parts.templates.get_template("doctor.html").render(
                modules=[self.static_url(name) for name in modules if name.startswith(_ABOUT)],
                http_version=self.request.version,
                via=self.request.headers.get("Via", ""),
                static_url=self.static_url,
            )
        )
