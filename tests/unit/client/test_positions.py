from chat.client.positions import Positions, Push, Verdict


def at(offset: int, epoch: str = "e1", type_: str = "message") -> Push:
    return {"type": type_, "room": "dev", "epoch": epoch, "offset": offset}


def standing_at(offset: int) -> Positions:
    positions = Positions()
    positions.begin("dev", "e1", offset)
    return positions


def test_what_follows_is_applied_once() -> None:
    positions = standing_at(5)
    assert positions.judge(at(6)) is Verdict.APPLY
    assert positions.cursor == "dev:e1:6"
    assert positions.judge(at(6)) is Verdict.DUPLICATE
    assert positions.judge(at(1)) is Verdict.DUPLICATE
    assert positions.cursor == "dev:e1:6"


def test_a_skipped_offset_and_a_strange_epoch_are_gaps_and_move_nothing() -> None:
    positions = standing_at(5)
    assert positions.judge(at(7)) is Verdict.GAP
    assert positions.judge(at(6, epoch="e2")) is Verdict.GAP
    assert positions.cursor == "dev:e1:5"


def test_every_logged_type_counts() -> None:
    positions = standing_at(5)
    for offset, type_ in enumerate(["edited", "deleted", "reaction", "joined", "left"], 6):
        assert positions.judge(at(offset, type_=type_)) is Verdict.APPLY


def test_a_logged_type_that_only_a_newer_server_knows_counts_too() -> None:
    positions = standing_at(5)
    assert positions.judge(at(6, type_="pinned")) is Verdict.APPLY
    assert positions.judge(at(7)) is Verdict.APPLY


def test_what_is_in_no_log_moves_nothing() -> None:
    positions = standing_at(5)
    notification = {"type": "notification", "room": "dev", "offset": 9}
    assert positions.judge(notification) is Verdict.UNLOGGED
    assert positions.judge({"type": "presence", "room": "dev", "count": 1}) is Verdict.UNLOGGED
    assert positions.cursor == "dev:e1:5"


def test_a_resync_moves_on_and_is_told_once_by_however_many_transports() -> None:
    positions = standing_at(5)
    assert positions.judge(at(3, epoch="e2", type_="resync")) is Verdict.RESYNC
    assert positions.judge(at(3, epoch="e2", type_="resync")) is Verdict.DUPLICATE
    assert positions.judge(at(4, epoch="e2")) is Verdict.APPLY


def test_a_room_that_is_new_begins_with_its_first_push() -> None:
    positions = Positions()
    assert positions.judge(at(9)) is Verdict.APPLY
    assert positions.cursor == "dev:e1:9"


def test_a_hello_at_or_before_where_we_stand_is_whole() -> None:
    positions = standing_at(5)
    assert positions.greet([at(5), {"room": "attic", "epoch": "a", "offset": 2}])
    assert positions.greet([at(3)])
    assert positions.cursor == "dev:e1:5,attic:a:2"


def test_a_hello_behind_a_hole_is_not() -> None:
    assert not standing_at(5).greet([at(6)])
    assert not standing_at(5).greet([at(5, epoch="e2")])


def test_a_heartbeat_shows_a_hole() -> None:
    positions = standing_at(5)
    assert not positions.is_behind({"dev": "e1:5", "unknown": "x:9"})
    assert positions.is_behind({"dev": "e1:6"})
    assert positions.is_behind({"dev": "e2:1"})


def test_a_room_that_was_left_is_forgotten() -> None:
    positions = standing_at(5)
    positions.leave("dev")
    assert positions.cursor == ""
    assert "dev" not in positions
