"""The HTTP API of incoming webhooks: those of a room, and what other services post to them."""

from collections.abc import Sequence
from typing import Final

import msgspec

from chat.protocol.cursor import parse_room
from chat.requests.handler import MAX_FORM_BYTES, Handler
from chat.service.hooks import HookInfo
from chat.web.links import address_of

# The largest that services send is some hundred kilobytes; decoding one of this size takes 4 ms.
MAX_HOOK_BYTES: Final = 1 << 20
_FORM: Final = "application/x-www-form-urlencoded"


class HookList(msgspec.Struct):
    hooks: Sequence[HookInfo]


class NewHook(msgspec.Struct):
    """``name`` is what people see as the author of its messages."""

    name: str


class MadeHook(msgspec.Struct):
    """A new webhook, and its address, which nobody is told again."""

    url: str
    hook: HookInfo


class HooksHandler(Handler):
    async def get(self, room: str) -> None:
        """List the webhooks of a room."""
        hooks = self.dependencies.hooks
        self.send_json(HookList(await hooks.of(self.person, parse_room(room))))

    async def post(self, room: str) -> None:
        """Make one."""
        name = self.json_as(NewHook).name
        code, made = await self.dependencies.hooks.make(self.person, parse_room(room), name)
        self.set_status(201)
        self.send_json(MadeHook(address_of(self, f"hooks/{code}"), made))


class HookHandler(Handler):
    async def delete(self, room: str, id: str) -> None:
        """End a webhook."""
        await self.dependencies.hooks.end(self.person, parse_room(room), id)
        self.send_json({})


class PostedHookHandler(Handler):
    """Takes what another service posts. Whoever knows the address may: it needs no identity."""

    is_routine = True

    def prepare(self) -> None:
        """Authenticate nobody: the code in the path says for which room it is."""

    @property
    def max_json_bytes(self) -> int:
        return MAX_HOOK_BYTES

    async def post(self, code: str) -> None:
        """Say in the room what the body says. Answers ``ok`` in plain text, as Slack does."""
        type_ = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        is_form = type_ == _FORM and not self.request.body.lstrip().startswith(b"{")
        body = self._body_of({_FORM}, MAX_FORM_BYTES) if is_form else self.json_body()
        await self.dependencies.hooks.post(
            code, self.headers, body, is_form=is_form, address=self.address
        )
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("ok")
