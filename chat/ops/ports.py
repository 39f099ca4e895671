"""The ports of this instance: our own listening sockets, or those inherited from the parent."""

import socket
from collections.abc import Sequence

from chat.net import listeners
from chat.net.acceptor import Acceptor, Serve
from chat.settings.settings import Settings


class Ports:
    """Has ``acceptor`` listen on the ports that the settings name."""

    def __init__(self, settings: Settings, acceptor: Acceptor) -> None:
        self._settings = settings
        self._acceptor = acceptor
        self._sockets: dict[str, Sequence[socket.socket]] = {}
        self.numbers: dict[str, int] = {}  # of those that are open, by the setting

    def listen(self, setting: str, *, serve: Serve, refuse: Serve) -> None:
        """Open the port that ``setting`` names, if it does; once it is, change who serves it.

        Raises SettingsError.
        """
        if setting not in self._settings.ports:
            return
        if setting not in self._sockets:
            sockets = listeners.inherited(setting) or listeners.listen(
                self._settings.ports[setting], self._settings.address, setting=setting
            )
            self._sockets[setting] = sockets
            self.numbers[setting] = int(sockets[0].getsockname()[1])
        self._acceptor.listen(self._sockets[setting], serve=serve, refuse=refuse)
