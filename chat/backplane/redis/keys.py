"""The names of keys and channels in Redis. All keys of a room share its hash tag, so a script that
uses several of them runs on one node of a cluster (redis.io, cluster specification)."""

from typing import Final

PREFIX: Final = "parley:"


class Keys:
    """The names of one deployment's keys and channels; each begins with ``prefix``.

    Keys belong to one numbered database, but all databases share their channels. So channel names
    end with the number, except in database 0, whose names are those of versions without numbers.
    """

    def __init__(self, prefix: str = PREFIX, db: int = 0) -> None:
        self.prefix = prefix
        self._of_db = f":{db}" if db else ""
        self.rooms = f"{prefix}rooms"  # a set: all rooms
        self.instances = f"{prefix}instances"  # a hash: instance -> expiry time, its report
        self.schema = f"{prefix}schema"  # a hash: version, and the oldest that works with it
        self.migrating = f"{prefix}migrating"  # a string: a token of the instance that upgrades
        self.blocks = f"{prefix}bars"  # a stream: the block list; b(ar), in JSON
        # A channel to which each instance subscribes at its start.
        self.all_instances = f"{prefix}everybody{self._of_db}"
        # Instances of version 1 subscribe to the first of these in every database. Instances of
        # this version that use it, too, also subscribe to the second, to be told apart.
        self.all_instances_of_version_1 = f"{prefix}everybody"
        self.not_of_version_1 = f"{prefix}everybody-2"
        # Instances that know of rooms for members alone subscribe to this one, too.
        self.keeping_rooms_closed = f"{prefix}everybody-3{self._of_db}"
        of_database = [self.all_instances, self.keeping_rooms_closed]
        self.all_instances_subscribe_to = (
            of_database if db else [*of_database, self.not_of_version_1]
        )

    def head(self, room: str) -> str:
        """Return the key of a hash: epoch, top, messages; held, the epoch and top of entries()."""
        return f"{self.prefix}{{{room}}}:head"

    def entries(self, room: str) -> str:
        """Return a hash's key: offset -> kind, a space, body. A stream would keep old values."""
        return f"{self.prefix}{{{room}}}:entries"

    def messages(self, room: str) -> str:
        """Return the key of a stream: ids are messages' offsets, n the messages up to this one."""
        return f"{self.prefix}{{{room}}}:messages"

    def others(self, room: str) -> str:
        """Return the key of the same for other entries; n is the messages up to this entry."""
        return f"{self.prefix}{{{room}}}:others"

    def amended(self, room: str) -> str:
        """Return a hash's key: message offset -> its newest edit's or 0, a space, reactions."""
        return f"{self.prefix}{{{room}}}:amended"

    def log(self, room: str) -> list[str]:
        """Return all keys of the room's log, the head first."""
        named = (self.head, self.entries, self.messages, self.others, self.amended)
        return [name(room) for name in named]

    def everything(self, room: str) -> list[str]:
        """Return all keys that belong to the room, except those that expire by themselves."""
        others = (self.members, self.joined, self.records, self.record_keys, self.present)
        return [*self.log(room), *self.older(room), *(name(room) for name in others)]

    def older(self, room: str) -> list[str]:
        """Return all keys of the room's log in version 1, except the head."""
        return [self.older_log(room), self.older_about(room)]

    def older_log(self, room: str) -> str:
        """Return version 1's key of a stream: all entries; k(ind), n (messages so far), b(ody)."""
        return f"{self.prefix}{{{room}}}:log"

    def older_about(self, room: str) -> str:
        """Return version 1's key of a sorted set: changes, by their target message's offset."""
        return f"{self.prefix}{{{room}}}:about"

    def members(self, room: str) -> str:
        """Return the key of a set: users."""
        return f"{self.prefix}{{{room}}}:members"

    def joined(self, room: str) -> str:
        """Return a hash's key: user -> the offset of the entry by which they joined."""
        return f"{self.prefix}{{{room}}}:joined"

    def records(self, room: str) -> str:
        """Return a hash's key: the key of a record -> its value."""
        return f"{self.prefix}{{{room}}}:records"

    def record_keys(self, room: str) -> str:
        """Return the key of a sorted set: the keys of the records, all with the score 0."""
        return f"{self.prefix}{{{room}}}:record-keys"

    def removed(self, room: str) -> str:
        """Return the key of a string: the room was removed a while ago; it expires by itself."""
        return f"{self.prefix}{{{room}}}:removed"

    def draft(self, room: str, user: str, key: str) -> str:
        """Return the key of a string: the offset of the draft with ``key``, its time and digest."""
        return f"{self.prefix}{{{room}}}:draft:{user}:{key}"

    def lease(self, name: str) -> str:
        """Return the key of a string: the instance that holds this lease; it expires by itself."""
        return f"{self.prefix}lease:{name}"

    def values(self, group: str) -> str:
        """Return the key of a hash: the values of ``group``, which belong to no log."""
        return f"{self.prefix}values:{{{group}}}"

    def present(self, room: str) -> str:
        """Return the key of a hash: session and instance -> the lease's end, user and name."""
        return f"{self.prefix}{{{room}}}:present"

    def feed(self, room: str) -> str:
        """Return the channel of a room's entries and pushes."""
        return f"{self.prefix}{{{room}}}:feed{self._of_db}"

    def memberships(self, user: str) -> str:
        """Return the key of a hash: room -> read offset, a space, messages read by then."""
        return f"{self.prefix}user:{{{user}}}:rooms"

    def user_feed(self, user: str) -> str:
        """Return the channel of a user's events."""
        return f"{self.prefix}user:{{{user}}}:feed{self._of_db}"

    def user_of(self, channel: str) -> str:
        """Return the user whose channel this is."""
        return channel.partition("{")[2].partition("}")[0]
