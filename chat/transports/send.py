"""Takes commands by POST, for event streams, long polling and scripts."""

from chat.protocol.codes import HTTP_STATUS
from chat.protocol.commands import split_batch
from chat.protocol.pushes import Error
from chat.requests.handler import Handler


class SendTransport(Handler):
    """Executes one command, or an array of commands one after the other."""

    is_routine = True

    @property
    def max_json_bytes(self) -> int:
        return self.dependencies.settings.max_body_bytes

    async def post(self) -> None:
        """Answer ``{"replies": [...]}``; the status is the command's if there is only one."""
        encoded = split_batch(self.json_body())
        answers = await self.dependencies.service.answer_all(self.person, encoded, self.address)
        replies = [reply for reply in answers if reply is not None]
        match replies:
            case [Error(code=code, retry_ms=retry_ms)] if len(encoded) == 1:
                self.set_status(HTTP_STATUS[code])
                self.is_logged = True
                self.set_retry_after(retry_ms)
        self.send_json({"replies": replies})
