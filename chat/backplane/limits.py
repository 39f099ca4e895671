"""How much a backplane keeps and returns, and for how long. The same for each of them."""

from typing import Final

# As long as a client may hold a message back before it asks again whether it was stored.
DEDUPE_S: Final = 24 * 3600
# Above this many, a presence carries the count alone: 100 names are some 6 KiB a push.
MAX_PRESENT_LISTED: Final = 100
# What one page holds: hundreds of usual messages, or some of the longest. Long ones in hundreds
# would be megabytes for each reader that catches up, and it may be one that never reads them. Of
# so much the kernel takes most.
PAGE_BYTES: Final = 128 << 10
# What one page of history holds, which is several screens of usual messages. It is less than the
# above: no connection needs to be attached for it, so many may be asked for at a time.
HISTORY_BYTES: Final = 128 << 10
# Entries that history doesn't show (edits, deletions, reactions, who came and went) are kept for
# readers that catch up, so many in each room, and no more than messages are. Who is further behind
# loads the room anew, which is less to read.
MAX_OTHERS_KEPT: Final = 10_000
# Trimming at each append would remove one entry each time; so it is done in steps of this many.
TRIM_STEP: Final = 64
# A room tells of who comes and goes at most once in so many seconds, however many do; and where
# they are many, no oftener than this for each of them: 500 after 2.5 s. To tell them costs 8 µs
# each, to read them costs a Redis 0.2 µs each for every instance that does: on a hundred instances
# that stays below a hundredth of a core, and how many there are may be a little old.
PRESENCE_INTERVAL_S: Final = 1.0
PRESENCE_EACH_S: Final = 5e-3
MAX_PRESENCE_INTERVAL_S: Final = 30.0
# What an instance reports of itself is shown for so long; it may fail to a few times.
REPORT_S: Final = 10.0
# What was kept out or let in elsewhere is heard of within 1 s: this leaves half of it for the way.
BLOCKS_INTERVAL_S: Final = 0.5
# A block that is over is kept for so long, so that who was away hears that it was lifted.
LIFTED_S: Final = 24 * 3600.0
