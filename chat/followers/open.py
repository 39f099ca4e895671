"""Opens the followers that the settings select."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from chat.accounts.push_key import push_key
from chat.backplane.base import Backplane
from chat.backplane.levels import Levels
from chat.backplane.subscriptions import Subscriptions
from chat.clock import Clock
from chat.followers.followers import Followers
from chat.followers.leases import FolderLease, SharedLease
from chat.followers.push.client import PushClient
from chat.followers.push.follower import PushFollower
from chat.followers.push.notices import Notices
from chat.followers.push.outbox import Outbox
from chat.followers.runner import Runner
from chat.followers.search import files
from chat.followers.search.follower import SearchFollower
from chat.followers.search.reader import SearchReader
from chat.metrics.followers import PUSH, SEARCH, FollowerMetrics
from chat.settings.settings import Settings


class Gate(NamedTuple):
    """Who may come in: a user at all, and a device of theirs is shut out."""

    is_let_in: Callable[[str], Awaitable[bool]]
    is_shut_out: Callable[[str, str], bool]


def open_followers(
    settings: Settings,
    backplane: Backplane,
    clock: Clock,
    *,
    gate: Gate,
    secret: bytes,
    instance: str,
) -> Followers:
    """Return the followers, not yet started. ``instance`` is the name of this instance."""
    followers = Followers()
    if settings.has_search:
        _add_search(followers, settings, backplane, clock)
    else:
        # An index of before would keep what is deleted from now on.
        path = files.path_of(settings.data_dir)
        followers.on_start = lambda: files.remove(path)
    if settings.push != "off":
        _add_push(followers, settings, backplane, clock, gate, secret, instance)
    return followers


def _add_search(
    followers: Followers, settings: Settings, backplane: Backplane, clock: Clock
) -> None:
    folder, metrics = settings.data_dir, FollowerMetrics()
    followers.index = SearchReader(folder, metrics)
    followers.add(
        SEARCH,
        Runner(
            SearchFollower(backplane, folder, clock),
            name="The search index",
            backplane=backplane,
            # Each instance has an index on its own disk; workers that share a folder share one.
            lease=FolderLease(files.lock_of(folder)),
            clock=clock,
            metrics=metrics,
        ),
    )


def _add_push(
    followers: Followers,
    settings: Settings,
    backplane: Backplane,
    clock: Clock,
    gate: Gate,
    secret: bytes,
    instance: str,
) -> None:
    levels, subscriptions = Levels(backplane), Subscriptions(backplane, clock)
    outbox = Outbox(
        backplane,
        subscriptions=subscriptions,
        notices=Notices(backplane, levels, gate.is_let_in),
        client=PushClient(push_key(secret), clock, allows_private=settings.push == "any"),
        clock=clock,
        metrics=followers.pushes,
        is_shut_out=gate.is_shut_out,
    )
    follower = PushFollower(
        backplane, levels=levels, subscriptions=subscriptions, outbox=outbox, clock=clock
    )
    followers.add(
        PUSH,
        Runner(
            follower,
            name="Push",
            backplane=backplane,
            lease=SharedLease(backplane, PUSH, instance),
            clock=clock,
        ),
    )
