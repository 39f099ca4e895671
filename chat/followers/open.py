"""Opens the followers that the settings select."""

import secrets

from chat.backplane.base import Backplane
from chat.clock import Clock
from chat.files.shelf import Shelf, open_shelf
from chat.followers.files import FilesFollower
from chat.followers.followers import Followers
from chat.followers.leases import FolderLease, Lease, SharedLease
from chat.followers.runner import Runner
from chat.followers.search import files
from chat.followers.search.follower import SearchFollower
from chat.followers.search.reader import SearchReader
from chat.metrics.followers import FILES, SEARCH, FollowerMetrics
from chat.settings.settings import Settings


def open_followers(settings: Settings, backplane: Backplane, clock: Clock) -> Followers:
    """Return the followers, not yet started."""
    shelf = open_shelf(settings) if settings.has_files else None
    folder, runners = settings.data_dir, dict[str, Runner]()
    index: SearchReader | None = None
    if settings.has_search:
        metrics = FollowerMetrics()
        index = SearchReader(folder, metrics)
        runners[SEARCH] = Runner(
            SearchFollower(backplane, folder, clock),
            name="The search index",
            backplane=backplane,
            # Each instance has an index on its own disk; workers that share a folder share one.
            lease=FolderLease(files.lock_of(folder)),
            clock=clock,
            metrics=metrics,
        )
    if shelf is not None:
        runners[FILES] = Runner(
            FilesFollower(backplane, shelf, clock, unsent_s=settings.unsent_file_s),
            name="The removal of files",
            backplane=backplane,
            lease=_lease_of(shelf, backplane),
            clock=clock,
        )
    return Followers(runners, index=index, shelf=shelf, on_start=lambda: _forget_index(settings))


def _lease_of(shelf: Shelf, backplane: Backplane) -> Lease:
    if shelf.is_shared:
        return SharedLease(backplane, FILES, secrets.token_hex(8))
    return FolderLease(shelf.lock)


def _forget_index(settings: Settings) -> None:
    if not settings.has_search:  # an index of before would keep what is deleted from now on
        files.remove(files.path_of(settings.data_dir))
