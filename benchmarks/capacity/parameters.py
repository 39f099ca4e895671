"""The model's parameters: what each one means, and the file that holds them."""

import tomllib
from dataclasses import dataclass, fields
from dataclasses import field as field_of
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parent / "measured.toml"


def _known(what: str, source: str) -> Any:
    return field_of(metadata={"what": what, "source": source})


LOAD = "load.md"
PROBES = "probes"


@dataclass(frozen=True)
class Parameters:
    """Costs on the measured machine: CPU time, unless the name says otherwise."""

    # Fitted to scenarios of results/load.md (scenarios.py names them)
    take_us: float = _known("a message: taken in, checked, rendered, stored, answered", LOAD)
    write_us: float = _known("a write to a reader", LOAD)
    young_us: float = _known("that, on top, for each of the first 16", LOAD)
    write_kib_us: float = _known("that, on top, for each KiB that is written", LOAD)
    room_us: float = _known("a room that a turn has brought something for", LOAD)
    wake_us: float = _known("a process that slept: its caches are cold", LOAD)
    poll_us: float = _known("a poll: answered, and come again", LOAD)
    answer_kib_us: float = _known("that, on top, for each KiB that it is answered", LOAD)
    connect_us: float = _known("a WebSocket: from the handshake to hello", LOAD)
    return_us: float = _known("the same, where another one has to be let go for each", LOAD)
    reader_bytes: float = _known("memory of a WebSocket's reader, not the kernel's", LOAD)
    message_bytes: float = _known("a message on the wire, to one reader", LOAD)
    # Measured by probes.py
    process_us_per_s: float = _known("a process in which nobody is", PROBES)
    idle_us_per_s: float = _known("a WebSocket in which nothing is said", PROBES)
    kernel_bytes: float = _known(
        "memory of the kernel for a connection with nothing unsent", PROBES
    )
    commit_us: float = _known("a transaction, beside the messages that it stores", PROBES)
    sync_ms: float = _known("waiting for the disk at a commit, no CPU", PROBES)
    late_sync_ms: float = _known("the same, where the disk has rested for 10 ms", PROBES)
    follow_us: float = _known("followers: a message", PROBES)
    follow_room_us: float = _known("followers: a room that has messages, in a turn", PROBES)
    follow_turn_us: float = _known("followers: one of their turns", PROBES)
    follow_page_us: float = _known("followers: a room with messages, read from Redis", PROBES)
    redis_follow_page_us: float = _known("Redis: the same", PROBES)
    redis_follow_us: float = _known("Redis: a message that followers read", PROBES)
    redis_take_us: float = _known("instance: a message taken in, stored in Redis, answered", PROBES)
    hear_us: float = _known("instance: an entry heard from Redis", PROBES)
    redis_message_us: float = _known("Redis: a message stored and published", PROBES)
    redis_push_us: float = _known("Redis: that, to each instance that reads the room", PROBES)
    message_commands: float = _known("commands to Redis a message", PROBES)
    message_in_bytes: float = _known("to Redis a message", PROBES)
    push_bytes: float = _known("from Redis a message and instance", PROBES)
    stored_bytes: float = _known("memory of Redis a message, with its key of 24 hours", PROBES)
    attach_us: float = _known("instance: a connect through Redis, to hello", PROBES)
    redis_attach_us: float = _known("Redis: the same, but for who is present", PROBES)
    attach_commands: float = _known("commands to Redis a connect", PROBES)
    present_us: float = _known(
        "instance: one who is present, when a room's people are read", PROBES
    )
    redis_present_us: float = _known("Redis: the same", PROBES)
    present_bytes: float = _known("from Redis, the same", PROBES)
    upkeep_us: float = _known("instance: a command to Redis while nothing is said", PROBES)
    redis_upkeep_us: float = _known("Redis: the same", PROBES)

    def save(self, path: Path = FILE) -> None:
        lines = ["# Written by `make capacity` and `make capacity-probes`; docs/capacity.md."]
        for field in fields(self):
            lines += ["", f"# {field.metadata['what']} ({field.metadata['source']})"]
            lines.append(f"{field.name} = {getattr(self, field.name):.4g}")
        path.write_text("\n".join(lines) + "\n")


def load(path: Path = FILE) -> Parameters:
    """Return the parameters in ``path``. Raises TypeError where one is missing or unknown."""
    return Parameters(**tomllib.loads(path.read_text()))
