"""Limits on what a backplane keeps and returns. The same for every implementation."""

from typing import Final

# As long as a client may hold a message before it sends it again.
DEDUPE_S: Final = 24 * 3600
# Above this many users, a presence push carries only the count: 100 names are about 6 KiB.
MAX_PRESENT_LISTED: Final = 100
# One page holds hundreds of usual messages, or a few of the longest. Hundreds of long messages
# would be megabytes for each reader that catches up, and some readers never read them. The kernel
# buffers most of a page of this size.
PAGE_BYTES: Final = 128 << 10
# One page of history holds several screens of usual messages. It needs no attached connection, so
# a client may request many pages at a time: keep it small.
HISTORY_BYTES: Final = 128 << 10
# Entries that history doesn't show (edits, deletions, reactions, joins and leaves) are kept for
# readers that catch up: at most this many in each room, and at most as many as the messages kept. A
# reader that is further behind resyncs the room, which is less to read.
MAX_OTHERS_KEPT: Final = 10_000
# Trimming at each append would remove one entry each time: so a log is trimmed in larger steps.
TRIM_STEP: Final = 64
# The most entries that one step of trimming looks at and removes: some 2 MB of the longest, which
# takes a few milliseconds.
TRIM_BATCH: Final = 200
# Deleting this many old rows blocks the writer for a few milliseconds at most.
PURGE_LIMIT: Final = 5000
# The shortest time between two presence pushes of a room; a large room waits PRESENCE_EACH_S for
# each user present: 2.5 s for 500. A push costs 8 µs for each user. Reading the presence costs
# Redis 0.2 µs for each user and instance: with a hundred instances that stays below a hundredth
# of a core. In return, the count may be a little old.
PRESENCE_INTERVAL_S: Final = 1.0
PRESENCE_EACH_S: Final = 5e-3
MAX_PRESENCE_INTERVAL_S: Final = 30.0
# How long an instance's report is shown; a few failed reports in between do no harm.
REPORT_S: Final = 10.0
# Blocks put or lifted by another process arrive within 1 s: this leaves half of it for delivery.
BLOCKS_INTERVAL_S: Final = 0.5
# An expired block is kept this long, so that an instance that was away learns that it was lifted.
LIFTED_KEPT_S: Final = 24 * 3600.0
