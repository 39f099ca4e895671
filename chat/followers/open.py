"""Opens the followers that the settings select."""

from chat.backplane.base import Backplane
from chat.clock import Clock
from chat.followers.followers import Followers
from chat.followers.leases import FolderLease
from chat.followers.runner import Runner
from chat.followers.search import files
from chat.followers.search.follower import SearchFollower
from chat.followers.search.reader import SearchReader
from chat.metrics.followers import SEARCH, FollowerMetrics
from chat.settings.settings import Settings


def open_followers(settings: Settings, backplane: Backplane, clock: Clock) -> Followers:
    """Return the followers, not yet started."""
    folder, metrics = settings.data_dir, FollowerMetrics()
    if not settings.has_search:
        # An index of before would keep what is deleted from now on.
        return Followers({}, on_start=lambda: files.remove(files.path_of(folder)))
    runner = Runner(
        SearchFollower(backplane, folder, clock),
        name="The search index",
        backplane=backplane,
        # Each instance has an index on its own disk; workers that share a folder share one.
        lease=FolderLease(files.lock_of(folder)),
        clock=clock,
        metrics=metrics,
    )
    return Followers({SEARCH: runner}, index=SearchReader(folder, metrics))
