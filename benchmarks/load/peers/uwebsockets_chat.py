"""The peer on uWebSockets, in C++, by socketify: a topic for each room, and no compression.

python uwebsockets_chat.py prints the port of 127.0.0.1 on which it listens.
"""

import json
import secrets
from typing import Any

from socketify import App, AppListenOptions, CompressOptions, OpCode

MAX_BYTES = 64 << 10


def upgrade(response: Any, request: Any, context: Any) -> None:
    data = {"room": request.get_query("room") or "general", "user": secrets.token_hex(8)}
    response.upgrade(
        request.get_header("sec-websocket-key"),
        request.get_header("sec-websocket-protocol"),
        request.get_header("sec-websocket-extensions"),
        context,
        data,
    )


def on_open(member: Any) -> None:
    member.subscribe(member.get_user_data()["room"])
    member.send("welcome", OpCode.TEXT)


def on_message(member: Any, text: str, _: OpCode) -> None:
    data = member.get_user_data()
    app.publish(data["room"], json.dumps({**data, "text": text}), OpCode.TEXT)


app = App()
app.ws(
    "/chat",
    {
        "compression": CompressOptions.DISABLED,
        "max_payload_length": MAX_BYTES,
        "idle_timeout": 0,
        "upgrade": upgrade,
        "open": on_open,
        "message": on_message,
    },
)
app.listen(
    AppListenOptions(port=0, host="127.0.0.1"), lambda config: print(config.port, flush=True)
)
app.run()
