"""The page that shows which transports work from this browser; its scripts test them."""

from chat.web.page import Page
from chat.web.pages import module_names

_ABOUT = (
    "js/doctor/", "js/engine/", "js/transports/", "js/codes.js", "js/history_words.js",
    "js/wording.js",
)  # fmt: skip


class DoctorPage(Page):
    """Shows what a browser can't know of its own request; the scripts find out the rest."""

    def get(self) -> None:
        modules = module_names(self.dependencies.static)
        self.show(
            "doctor.html",
            modules=[self.static_url(name) for name in modules if name.startswith(_ABOUT)],
            http_version=self.request.version,
            via=self.request.headers.get("Via", ""),
        )
