"""What things are called in Redis. All keys of a room share its hash tag, so a script that
touches several of them runs on one node of a cluster (redis.io, cluster specification)."""

from typing import Final

PREFIX: Final = "parley:"


class Keys:
    """The names of one deployment's keys and channels; each begins with ``prefix``.

    Keys belong to one numbered database, but channels are shared by all of them: so the names of
    channels end with the number, but for database 0, which versions without numbers use, too.
    """

    def __init__(self, prefix: str = PREFIX, db: int = 0) -> None:
        self.prefix = prefix
        self._of_db = f":{db}" if db else ""
        self.rooms = f"{prefix}rooms"  # a set: all rooms
        self.instances = f"{prefix}instances"  # a hash: instance -> until when, and its report
        self.schema = f"{prefix}schema"  # a hash: version, and the oldest that works with it
        self.migrating = f"{prefix}migrating"  # a string: who brings it to another version
        self.blocks = f"{prefix}bars"  # a stream: who is kept out; b(ar), in JSON
        # A channel that each instance hears from the start.
        self.everybody = f"{prefix}everybody{self._of_db}"
        # Instances of version 1 hear this one from the start, whatever their database; those of
        # this version that hear it, too, hear the other, so that they can be told apart.
        self.everybody_of_version_1 = f"{prefix}everybody"
        self.not_of_version_1 = f"{prefix}everybody-2"
        self.heard_by_all = [self.everybody] if db else [self.everybody, self.not_of_version_1]

    def head(self, room: str) -> str:
        """A hash: epoch, top, messages; held, which is the epoch and the top of entries()."""
        return f"{self.prefix}{{{room}}}:head"

    def entries(self, room: str) -> str:
        """A hash: offset -> kind, a space, body. Not a stream: what is replaced is gone from it."""
        return f"{self.prefix}{{{room}}}:entries"

    def messages(self, room: str) -> str:
        """A stream whose ids are the messages' offsets; n is how many there were with this one."""
        return f"{self.prefix}{{{room}}}:messages"

    def others(self, room: str) -> str:
        """The same of entries that are no messages; n is how many messages there were by then."""
        return f"{self.prefix}{{{room}}}:others"

    def amended(self, room: str) -> str:
        """A hash: a message's offset -> its newest edit's offset or 0, a space, its reactions."""
        return f"{self.prefix}{{{room}}}:amended"

    def log(self, room: str) -> list[str]:
        """All that holds the room's log, the head first."""
        named = (self.head, self.entries, self.messages, self.others, self.amended)
        return [name(room) for name in named]

    def older(self, room: str) -> list[str]:
        """All that version 1 kept of it instead, but for the head."""
        return [self.older_log(room), self.older_about(room)]

    def older_log(self, room: str) -> str:
        """Version 1's: a stream of all entries; k(ind), n (messages so far), b(ody)."""
        return f"{self.prefix}{{{room}}}:log"

    def older_about(self, room: str) -> str:
        """Version 1's: a sorted set of entries that mean a message, by that message's offset."""
        return f"{self.prefix}{{{room}}}:about"

    def members(self, room: str) -> str:
        """A set of users."""
        return f"{self.prefix}{{{room}}}:members"

    def draft(self, room: str, user: str, key: str) -> str:
        """A string: where the draft with this key came to stand, and the digest of its text."""
        return f"{self.prefix}{{{room}}}:draft:{user}:{key}"

    def present(self, room: str) -> str:
        """A hash: session and instance -> when the lease ends, user and name."""
        return f"{self.prefix}{{{room}}}:present"

    def feed(self, room: str) -> str:
        """The channel of what happens in a room."""
        return f"{self.prefix}{{{room}}}:feed{self._of_db}"

    def memberships(self, user: str) -> str:
        """A hash: room -> read offset and messages read by then."""
        return f"{self.prefix}user:{{{user}}}:rooms"

    def user_feed(self, user: str) -> str:
        """The channel of what concerns a user."""
        return f"{self.prefix}user:{{{user}}}:feed{self._of_db}"
