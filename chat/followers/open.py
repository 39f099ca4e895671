"""Opens the followers that the settings select."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from chat.accounts.push_key import push_key
from chat.backplane.base import Backplane
from chat.backplane.levels import Levels
from chat.backplane.subscriptions import Subscriptions
from chat.clock import Clock
from chat.files.shelf import open_shelf
from chat.followers.files import FilesFollower
from chat.followers.followers import Followers
from chat.followers.leases import FolderLease, SharedLease
from chat.followers.mirror.follower import MirrorFollower
from chat.followers.mirror.open import open_stream
from chat.followers.push.client import PushClient
from chat.followers.push.follower import PushFollower
from chat.followers.push.notices import Notices
from chat.followers.push.outbox import Outbox
from chat.followers.runner import Runner
from chat.followers.search import files
from chat.followers.search.follower import BATCH, SearchFollower
from chat.followers.search.reader import SearchReader
from chat.followers.webhooks.follower import WebhooksFollower
from chat.followers.webhooks.sender import Sender
from chat.metrics.followers import (
    FILES,
    MIRROR,
    PUSH,
    SEARCH,
    WEBHOOKS,
    FollowerMetrics,
    PushMetrics,
    WebhookMetrics,
)
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
    folder, runners = settings.data_dir, dict[str, Runner]()
    runner = partial(Runner, backplane=backplane, clock=clock)
    index = shelf = None
    pushes, webhooks = PushMetrics(), WebhookMetrics()
    if settings.has_search:
        metrics = FollowerMetrics()
        index = SearchReader(folder, metrics)
        runners[SEARCH] = runner(
            SearchFollower(backplane, folder, clock),
            name="The search index",
            # Each instance has an index on its own disk; workers that share a folder share one.
            lease=FolderLease(files.lock_of(folder)),
            metrics=metrics,
            batch=BATCH,
        )
    if settings.push != "off":
        client = PushClient(push_key(secret), clock, allows_private=settings.push == "any")
        runners[PUSH] = runner(
            _push(backplane, clock, client=client, gate=gate, metrics=pushes),
            name="Push",
            lease=SharedLease(backplane, PUSH, instance),
        )
    if settings.has_webhooks:
        sender = Sender(settings.webhooks_allow, clock, is_limited=settings.has_rate_limits)
        runners[WEBHOOKS] = runner(
            WebhooksFollower(backplane, sender=sender, clock=clock, metrics=webhooks),
            name="Webhooks",
            lease=SharedLease(backplane, WEBHOOKS, instance),
        )
    if settings.has_files:
        shelf = open_shelf(settings)
        runners[FILES] = runner(
            FilesFollower(backplane, shelf, clock, unsent_s=settings.unsent_file_s),
            name="The removal of files",
            lease=SharedLease(backplane, FILES, instance)
            if shelf.is_shared
            else FolderLease(shelf.lock),
        )
    if settings.mirror_url is not None:
        runners[MIRROR] = runner(
            MirrorFollower(
                backplane,
                open_stream(settings.mirror_url),
                has_all_rooms=settings.is_all_mirrored,
            ),
            name="The mirror",
            lease=SharedLease(backplane, MIRROR, instance),
        )
    return Followers(
        runners,
        index=index,
        shelf=shelf,
        pushes=pushes,
        webhooks=webhooks,
        on_start=lambda: _forget_index(settings),
    )


def _push(
    backplane: Backplane, clock: Clock, *, client: PushClient, gate: Gate, metrics: PushMetrics
) -> PushFollower:
    levels, subscriptions = Levels(backplane), Subscriptions(backplane, clock)
    outbox = Outbox(
        backplane,
        subscriptions=subscriptions,
        notices=Notices(backplane, levels, gate.is_let_in),
        client=client,
        clock=clock,
        metrics=metrics,
        is_shut_out=gate.is_shut_out,
    )
    return PushFollower(
        backplane, levels=levels, subscriptions=subscriptions, outbox=outbox, clock=clock
    )


def _forget_index(settings: Settings) -> None:
    if not settings.has_search:  # an index of before would keep what is deleted from now on
        files.remove(files.path_of(settings.data_dir))
