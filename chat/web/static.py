"""Styles, scripts and images."""

from tornado.web import StaticFileHandler


class StaticFile(StaticFileHandler):
    """A file. With its version in the address it is kept for good; without, it is asked about.

    Workers import modules by their plain addresses, for import maps don't reach into them.
    Tornado leaves those to the browser's guess, which may go on running an old module beside
    new ones after a deploy; asked about, each costs a 304.
    """

    def set_extra_headers(self, path: str) -> None:
        self.set_header("X-Content-Type-Options", "nosniff")
        if not self.get_query_argument("v", ""):
            self.set_header("Cache-Control", "no-cache")
