"""Registry of the sessions on this instance, and of the attachment that carries each."""

from collections import Counter, defaultdict
from collections.abc import Collection

from chat.attach.attachment import Attachment
from chat.net.addresses import host_of
from chat.protocol.pushes import Person
from chat.sessions.states import Session


class Registry:
    """The sessions of this instance and their attachments; those between two polls are parked."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._current: dict[str, Attachment] = {}  # by session
        self._at_host: Counter[bytes] = Counter()
        self._of_user: defaultdict[str, dict[Attachment, None]] = defaultdict(dict)
        self._parked = 0

    # Sessions

    @property
    def sessions(self) -> int:
        """The number of sessions that are attached, or detached and in their grace period."""
        return len(self._sessions)

    def session(self, id_: str, person: Person) -> Session:
        """Return the session with this id, or a new one, with ``person`` as its user."""
        session = self._sessions.setdefault(id_, Session(id_, person))
        session.person = person
        return session

    def forget(self, id_: str) -> Session:
        return self._sessions.pop(id_)

    def current(self, session: str) -> Attachment | None:
        return self._current.get(session)

    # Attachments

    @property
    def readers(self) -> int:
        """The number of attached readers, without the parked ones."""
        return len(self._current) - self._parked

    @property
    def attachments(self) -> Collection[Attachment]:
        """The current attachment of each session, parked ones included."""
        return self._current.values()

    def of_user(self, user: str) -> tuple[Attachment, ...]:
        """Return the attachments of ``user``, those about to be replaced included."""
        return tuple(self._of_user.get(user, ()))

    def count_of(self, user: str) -> int:
        """Return the number of transports that ``user`` has here."""
        return sum(not attachment.is_parked for attachment in self._of_user.get(user, ()))

    def count_at(self, address: str) -> int:
        """Return the number of transports from an IP address; an IPv6 /64 counts as one."""
        return self._at_host[host_of(address)]

    def is_current(self, attachment: Attachment) -> bool:
        return self._current.get(attachment.session.id) is attachment

    def holds(self, attachment: Attachment) -> bool:
        """Return whether ``attachment`` was added and not removed yet."""
        return attachment in self._of_user.get(attachment.session.person.user, ())

    def add(self, attachment: Attachment) -> None:
        self._current[attachment.session.id] = attachment
        self._of_user[attachment.session.person.user][attachment] = None
        self._count(attachment, 1)

    def set_parked(self, attachment: Attachment, is_parked: bool) -> None:
        """Mark ``attachment`` as parked or not; a parked one does not count as a transport."""
        attachment.is_parked = is_parked
        self._parked += 1 if is_parked else -1
        self._count(attachment, -1 if is_parked else 1)

    def remove(self, attachment: Attachment) -> None:
        if attachment.is_parked:
            self.set_parked(attachment, False)
        self._count(attachment, -1)
        user = attachment.session.person.user
        of_user = self._of_user[user]
        del of_user[attachment]
        if not of_user:
            del self._of_user[user]
        if self.is_current(attachment):
            del self._current[attachment.session.id]

    def _count(self, attachment: Attachment, more: int) -> None:
        host = host_of(attachment.address)
        self._at_host[host] += more
        if not self._at_host[host]:
            del self._at_host[host]
