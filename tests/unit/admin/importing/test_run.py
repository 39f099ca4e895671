"""An import that is cut can be repeated: each room is there once, and whole."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.admin.importing.plan import make_plan
from chat.admin.importing.run import run_import
from chat.admin.importing.slack import SlackExport
from chat.admin.importing.source import BadExport, Event, Names, SourceRoom
from chat.admin.site import open_store
from chat.backplane.embedded import schema
from chat.settings.settings import Settings
from tests.support.aio import in_a_loop
from tests.support.slack_export import write_export


class Cut(SlackExport):
    """An export whose third room ends early when it is read for the second time."""

    reads = 0

    def events(self, room: SourceRoom, names: Names, left_out: Counter[str]) -> Iterator[Event]:
        self.reads += 1
        for number, event in enumerate(super().events(room, names, left_out)):
            if self.reads == 6 + 3 and number == 3:
                raise BadExport("the disk is gone")
            yield event


@in_a_loop(60)
async def test_a_cut_import_is_repeated(tmp_path: Path) -> None:
    path, settings = tmp_path / "e.zip", Settings(data_dir=tmp_path / "data")
    settings.data_dir.mkdir()
    schema.prepare(settings.data_dir / "parley.sqlite3")
    write_export(path, messages=60, channels=6, people=500, days=2)

    async def run(source: SlackExport) -> list[str]:
        async with open_store(settings) as store:
            plan = await make_plan(source, store, {})
            assert plan.problems == []
            await run_import(settings, source, plan, store)
            return [one.room for one in plan.rooms if not one.is_there]

    async def tops() -> dict[str, int]:
        async with open_store(settings) as store:
            return {info.room: info.position.offset for info in await store.rooms()}

    with pytest.raises(BadExport, match="disk"):
        await run(Cut(path, has_private=False, has_direct=False))
    assert await tops() == {"channel-0": 10, "channel-1": 10}
    whole = SlackExport(path, has_private=False, has_direct=False)
    assert await run(whole) == [f"channel-{number}" for number in range(2, 6)]
    assert await tops() == {f"channel-{number}": 10 for number in range(6)}
    assert await run(whole) == []


@in_a_loop(60)
async def test_a_rename_that_can_not_be_is_a_problem(tmp_path: Path) -> None:
    path, settings = tmp_path / "e.zip", Settings(data_dir=tmp_path / "data")
    settings.data_dir.mkdir()
    schema.prepare(settings.data_dir / "parley.sqlite3")
    write_export(path, messages=4, channels=2, people=10, days=1)
    source = SlackExport(path, has_private=False, has_direct=False)
    renames = {
        "person1": "admin", "Person2": "Person3", "nobody": "x", "#channel-0": "Bad Name",
        "#channel-1": "p-secret", "#nowhere": "x",
    }  # fmt: skip
    async with open_store(settings) as store:
        plan = await make_plan(source, store, renames)
    assert sorted(plan.problems) == [
        "--rename #channel-0=Bad Name: A room's name has 1 to 64 of a-z, 0-9, - and _, and begins "
        "with a letter or digit.",
        "--rename #channel-1=p-secret: it is taken.",
        "--rename #nowhere: nobody and no room has this name.",
        "--rename Person1=admin: This name is reserved; choose another.",
        "--rename nobody: nobody and no room has this name.",
    ]
    assert plan.people["U00000002"].name == "Person3"
    assert plan.people["U00000003"].name == "Person3 of slack"
