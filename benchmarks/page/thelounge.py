"""Runs The Lounge for a member of as many channels as of Parley's rooms, and their IRC server."""

import json
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha512
from pathlib import Path

from benchmarks.page.irc import Irc, run_ngircd
from benchmarks.page.running import NODE, ROOMS, Running, run_program
from tests.support.ports import free_port
from tests.support.programs import WAIT_S
from tests.support.server import ROOT

THELOUNGE = ROOT / "benchmarks/node_modules/thelounge/index.js"
CHANNELS = [f"#room{number}" for number in range(ROOMS)]
OPENED = 2  # the id of the channel that is joined first; 1 is the server's own
MESSAGES = 100  # as many as The Lounge sends of the channel that it shows
WHO = "zoe"
TOKEN = "the-token-of-a-browser-that-is-signed-in"

# Its look-up of newer versions fails at once, too: from this address nothing outside is reached.
_CONFIG = 'module.exports = { public: false, host: "127.0.0.1", bind: "127.0.0.1", port: %d }\n'
_NGINX = """
daemon off;
pid %(folder)s/nginx.pid;
events {}
http {
    access_log off;
    gzip on;
    gzip_comp_level 6;
    gzip_types text/css text/plain application/javascript application/json image/svg+xml;
    proxy_temp_path %(folder)s/proxy;
    client_body_temp_path %(folder)s/body;
    fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi;
    scgi_temp_path %(folder)s/scgi;
    map $http_upgrade $connection_upgrade { default upgrade; "" close; }
    server {
        listen 127.0.0.1:%(port)d;
        location / {
            proxy_pass http://127.0.0.1:%(server)d;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }
    }
}
"""


@contextmanager
def thelounge() -> Iterator[Running]:
    """Run The Lounge and its IRC server; Ann has written MESSAGES in the channel that is open."""
    with (
        tempfile.TemporaryDirectory() as name,
        run_ngircd(Path(name)) as irc_port,
        closing(Irc(irc_port)) as ann,
    ):
        ann.say("NICK ann", "USER ann 0 * :Ann", f"JOIN {CHANNELS[0]}")
        ann.until(r"^:ann!\S+ JOIN ")
        with _lounge(Path(name), irc_port) as port:
            ann.until(rf"^:{WHO}!\S+ JOIN ")
            ann.say(*(f"PRIVMSG {CHANNELS[0]} :message {number}" for number in range(MESSAGES)))
            # The Lounge answers this, and has read all messages by then.
            ann.say(f"PRIVMSG {WHO} :\x01VERSION\x01")
            ann.until(rf"^:{WHO}!\S+ NOTICE ann :\x01VERSION ")
            _open_channel(port)
            yield Running(port, stored={"user": WHO, "token": TOKEN})


@contextmanager
def compressed_thelounge() -> Iterator[Running]:
    """Run The Lounge, which compresses nothing, behind an nginx that does."""
    with thelounge() as server, tempfile.TemporaryDirectory() as name:
        port = free_port()
        config = Path(name) / "nginx.conf"
        config.write_text(_NGINX % {"folder": name, "port": port, "server": server.port})
        config.parent.chmod(0o755)  # nginx's worker runs as another user
        log = Path(name) / "error.log"
        with run_program(["nginx", "-e", log, "-c", config], port, log):
            yield server._replace(port=port)


@contextmanager
def _lounge(folder: Path, irc_port: int) -> Iterator[int]:
    port = free_port()
    home = folder / "thelounge"
    (home / "users").mkdir(parents=True)
    (home / "config.js").write_text(_CONFIG % port)
    network = {
        "name": "irc.test",
        "host": "127.0.0.1",
        "port": irc_port,
        "tls": False,
        "nick": WHO,
        "username": WHO,
        "realname": WHO,
        "commands": [f"/join {','.join(CHANNELS)}"],  # it joins its own list one a second
    }
    user = {
        "password": "",
        "log": False,
        "sessions": {sha512(TOKEN.encode()).hexdigest(): {}},
        "networks": [network],
    }
    (home / "users" / f"{WHO}.json").write_text(json.dumps(user))
    env = {"THELOUNGE_HOME": str(home)}
    with run_program([NODE, THELOUNGE, "start"], port, folder / "thelounge.log", env):
        yield port


def _open_channel(port: int) -> None:
    """Open the channel once: The Lounge begins with the one that was open last."""
    url = f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling"

    def ask(body: str | None = None) -> str:
        with urllib.request.urlopen(url, body and body.encode(), WAIT_S) as answer:
            return bytes(answer.read()).decode()

    url += f"&sid={json.loads(ask()[1:])['sid']}"
    ask("40")
    while "auth:start" not in ask():
        pass
    opened = {"user": WHO, "token": TOKEN, "openChannel": OPENED}
    ask(f"42{json.dumps(['auth:perform', opened])}")
    while '"init"' not in (answer := ask()):
        pass
    assert f"message {MESSAGES - 1}" in answer, answer
    ask("1")  # closes the connection
