"""The page that shows which transports work from this browser; its scripts test them."""

from chat.web.page import Page


class DoctorPage(Page):
    """Shows what a browser can't know of its own request; the scripts find out the rest."""

    def get(self) -> None:
        self.show(
            "doctor.html",
            modules=self.module_urls("js/doctor/main.js"),
            http_version=self.request.version,
            via=self.request.headers.get("Via", ""),
        )
