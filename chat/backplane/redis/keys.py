"""What things are called in Redis. All keys of a room share its hash tag, so a script that
touches several of them runs on one node of a cluster (redis.io, cluster specification)."""

PREFIX = "parley:"
ROOMS = PREFIX + "rooms"  # a set: all rooms
INSTANCES = PREFIX + "instances"  # a hash: instance -> until when, and its report
SCHEMA = PREFIX + "schema"  # a hash: version, and the oldest that works with it
MIGRATING = PREFIX + "migrating"  # a string: who brings it to another version
BARS = PREFIX + "bars"  # a stream: who is kept out; b(ar), in JSON
EVERYBODY = PREFIX + "everybody"  # a channel that each instance hears from the start


def head(room: str) -> str:
    """A hash: epoch, top, messages."""
    return f"{PREFIX}{{{room}}}:head"


def log(room: str) -> str:
    """A stream; an entry's id is its offset, its fields k(ind), n (messages so far), b(ody)."""
    return f"{PREFIX}{{{room}}}:log"


def members(room: str) -> str:
    """A set of users."""
    return f"{PREFIX}{{{room}}}:members"


def about(room: str) -> str:
    """A sorted set: offsets of entries that mean a message, by that message's offset."""
    return f"{PREFIX}{{{room}}}:about"


def draft(room: str, user: str, key: str) -> str:
    """A string: where the draft with this key came to stand, and the digest of its text."""
    return f"{PREFIX}{{{room}}}:draft:{user}:{key}"


def present(room: str) -> str:
    """A hash: session and instance -> when the lease ends, user and name."""
    return f"{PREFIX}{{{room}}}:present"


def feed(room: str) -> str:
    """The channel of what happens in a room."""
    return f"{PREFIX}{{{room}}}:feed"


def memberships(user: str) -> str:
    """A hash: room -> read offset and messages read by then."""
    return f"{PREFIX}user:{{{user}}}:rooms"


def user_feed(user: str) -> str:
    """The channel of what concerns a user."""
    return f"{PREFIX}user:{{{user}}}:feed"
