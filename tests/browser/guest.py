"""Somebody who is there without a browser: history for a test comes from here at once."""

import copy
import json
from http.cookiejar import CookieJar
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

PAGE = 200  # as many messages as one request may ask for
BATCH = 100  # as many commands as one request may hold


class Guest:
    """A guest with a cookie, talking to the server by plain requests."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._opener.open(f"{url}/api/rooms").close()  # brings the cookie

    def at(self, url: str) -> Self:
        """Return the same guest at another instance, with the same cookies as a browser has it."""
        other = copy.copy(self)
        other._url = url
        return other

    def do(self, *commands: dict[str, Any]) -> list[dict[str, Any]]:
        """Carry out commands in order; return their replies."""
        replies: list[dict[str, Any]] = []
        for at in range(0, len(commands), BATCH):
            body = json.dumps(commands[at : at + BATCH], ensure_ascii=False).encode()
            with self._opener.open(Request(f"{self._url}/send", body)) as response:
                replies += json.load(response)["replies"]
        return replies

    def join(self, room: str) -> Self:
        """Become a member of a room; return this guest."""
        self.do({"type": "join", "room": room})
        return self

    def say(self, room: str, *texts: str) -> list[int]:
        """Send messages; return their offsets."""
        replies = self.do(
            *({"type": "send", "room": room, "text": t, "key": f"k-{t}"[:64]} for t in texts)
        )
        return [reply["offset"] for reply in replies]

    def put(self, path: str, **fields: Any) -> None:
        """Put ``fields`` there. Raises HTTPError if this is refused."""
        body = json.dumps(fields).encode()
        headers = {"Content-Type": "application/json"}
        self._opener.open(Request(self._url + path, body, headers, method="PUT")).close()

    def get(self, path: str) -> tuple[int, bytes]:
        """Return the status and the body of an answer."""
        try:
            with self._opener.open(f"{self._url}{path}") as response:
                return response.status, response.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()

    def call_me(self, name: str) -> None:
        """Take a name."""
        form = urlencode({"name": name}).encode()
        headers = {"Accept": "application/json"}
        self._opener.open(Request(f"{self._url}/login", form, headers)).close()

    def rooms(self) -> list[dict[str, Any]]:
        """Return all rooms, as this guest stands in them."""
        with self._opener.open(f"{self._url}/api/rooms") as response:
            rooms: list[dict[str, Any]] = json.load(response)["rooms"]
        return rooms

    def page(self, room: str) -> list[dict[str, Any]]:
        """Return the newest messages, oldest first."""
        with self._opener.open(f"{self._url}/api/rooms/{room}/messages") as response:
            messages: list[dict[str, Any]] = json.load(response)["messages"]
        return messages

    def texts(self, room: str, count: int = 50) -> list[str]:
        """Return the texts of the newest ``count`` messages, oldest first."""
        texts: list[str] = []
        before = ""
        while True:
            query = f"limit={min(PAGE, count - len(texts))}{before}"
            address = f"{self._url}/api/rooms/{room}/messages?{query}"
            with self._opener.open(address) as response:
                page = json.load(response)
            texts = [message["text"] for message in page["messages"]] + texts
            if not page["more"] or len(texts) >= count:
                return texts
            before = f"&before={page['messages'][0]['offset']}"
