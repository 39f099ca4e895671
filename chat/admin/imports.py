"""The commands that import what another chat has exported, while servers run."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from chat.admin.command import Result, command
from chat.admin.importing.irc_logs import IrcLogs
from chat.admin.importing.parley import ParleyExport
from chat.admin.importing.plan import Plan, make_plan
from chat.admin.importing.run import run_import
from chat.admin.importing.slack import SlackExport
from chat.admin.importing.source import BadExport, Source
from chat.admin.listing import columns
from chat.admin.rooms import room_name
from chat.admin.site import open_store
from chat.errors import SettingsError
from chat.settings.settings import Settings

# As many as somebody reads before they mend them.
_MAX_PROBLEMS: Final = 20


def rename(text: str) -> tuple[str, str]:
    """Return the two names in ``FROM=TO``; raise BadParameter if it has none."""
    old, _, new = text.partition("=")
    if not old or not new:
        raise click.BadParameter(f"give FROM=TO, for a room '#FROM=TO', not {text!r}")
    return old, new


def zone(text: str) -> ZoneInfo:
    """Return the time zone with this name; raise BadParameter if there is none."""
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise click.BadParameter(f"there is no time zone {text!r}; Europe/Berlin is one") from error


_RENAME: Final = click.option(
    "--rename",
    "renames",
    type=rename,
    multiple=True,
    metavar="FROM=TO",
    help="What somebody, or a room (with # before its name), is called here. Can be repeated.",
)
_DRY_RUN: Final = click.option(
    "--dry-run", is_flag=True, help="Only say what would be imported, and what is in the way."
)


@command(
    "slack",
    "Import an export of Slack: its channels become rooms, its people accounts. Repeatable: what "
    "was imported before stays as it is.",
    "import slack export.zip --dry-run",
    "import slack export.zip --private --rename '#general=lounge' --rename ada='Ada L.'",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--private", "has_private", is_flag=True, help="Private channels, too.")
@click.option("--direct", "has_direct", is_flag=True, help="Direct messages, too.")
@_RENAME
@_DRY_RUN
async def slack(
    settings: Settings,
    *,
    file: Path,
    has_private: bool,
    has_direct: bool,
    renames: Sequence[tuple[str, str]],
    dry_run: bool,
) -> Result:
    def opened() -> Source:
        return SlackExport(file, has_private=has_private, has_direct=has_direct)

    return await _import(settings, opened, dict(renames), dry_run=dry_run)


@command(
    "irc",
    "Import logs of irssi, WeeChat or ZNC as one room. Nicks get no accounts.",
    "import irc --room tea --zone Europe/Berlin tea.log",
    "import irc --room tea znc/#tea/*.log --dry-run",
)
@click.argument(
    "files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    nargs=-1,
    required=True,
    metavar="FILE...",
)
@click.option("--room", type=room_name, required=True, help="The room to make.")
@click.option(
    "--zone", type=zone, default="UTC", show_default=True, help="Of the times in the logs."
)
@_RENAME
@_DRY_RUN
async def irc(
    settings: Settings,
    *,
    files: Sequence[Path],
    room: str,
    zone: ZoneInfo,
    renames: Sequence[tuple[str, str]],
    dry_run: bool,
) -> Result:
    def opened() -> Source:
        return IrcLogs(files, room=room, zone=zone)

    return await _import(settings, opened, dict(renames), dry_run=dry_run)


@command(
    "parley",
    "Import rooms that another Parley has written with `rooms export`.",
    "import parley rooms.jsonl --dry-run",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_RENAME
@_DRY_RUN
async def parley(
    settings: Settings, *, file: Path, renames: Sequence[tuple[str, str]], dry_run: bool
) -> Result:
    return await _import(settings, lambda: ParleyExport(file), dict(renames), dry_run=dry_run)


async def _import(
    settings: Settings, opened: Callable[[], Source], renames: Mapping[str, str], *, dry_run: bool
) -> Result:
    try:
        source = opened()
        async with open_store(settings) as store:
            plan = await make_plan(source, store, renames)
            if plan.problems:
                more = len(plan.problems) - _MAX_PROBLEMS
                lines = plan.problems[:_MAX_PROBLEMS] + ([f"… and {more} more"] if more > 0 else [])
                raise SettingsError("\n".join(lines))
            if not dry_run:
                await run_import(settings, source, plan, store)
    except BadExport as error:
        raise SettingsError(str(error)) from error
    return _result(source, plan, dry_run=dry_run)


def _result(source: Source, plan: Plan, *, dry_run: bool) -> Result:
    new = [one for one in plan.rooms if not one.is_there]
    messages, people = sum(one.messages for one in new), sum(p.is_new for p in plan.people.values())
    renamed = {
        id: one.name
        for id, one in plan.people.items()
        if one.name not in source.people[id].names[:1]
    }
    rooms: list[dict[str, Any]] = [
        {
            "from": one.source.title or one.source.id,
            "room": one.room,
            "messages": one.messages,
            "was_there": one.is_there,
        }
        for one in plan.rooms
    ]
    rows = [
        (f"#{one['from']}", one["room"], "was there" if one["was_there"] else str(one["messages"]))
        for one in rooms
    ]
    verb = "would be imported" if dry_run else "are imported"
    lines = [columns(rows, none="There are no rooms in it.")]
    lines += [f"{source.people[id].names[0]} is called {name}" for id, name in renamed.items()]
    left_out = +plan.left_out  # without what was counted as 0
    lines += [f"Left out: {count} {what}" for what, count in left_out.most_common()]
    lines.append(f"{messages} messages in {len(new)} rooms {verb}, with {people} new accounts.")
    fields = {
        "dry_run": dry_run,
        "messages": messages,
        "accounts": people,
        "rooms": rooms,
        "renamed": renamed,
        "left_out": dict(left_out),
    }
    return Result("\n".join(lines), fields)
