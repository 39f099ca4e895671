"""Workers see how many connections the others serve, and their parent whether they live."""

from pathlib import Path

from chat.net.scoreboard import Board, Share


def test_a_worker_is_ahead_where_another_serves_fewer(tmp_path: Path) -> None:
    parent = Board(tmp_path, 3)
    shares = [Share(Board(tmp_path), number) for number in (1, 2, 3)]
    assert not shares[0].is_ahead(5), "nobody else is there yet"
    shares[0].note(5)
    shares[1].note(4)
    assert shares[0].is_ahead(5)
    assert not shares[0].is_ahead(4)
    assert not shares[1].is_ahead(4)
    shares[2].note(0)
    assert shares[1].is_ahead(4)
    shares[2].note(None)  # it takes none any more
    parent.serves(2, None)  # it has died
    assert not shares[0].is_ahead(5)


def test_a_beat_is_seen_by_the_parent_and_counts_for_that_worker_alone(tmp_path: Path) -> None:
    parent, worker = Board(tmp_path, 2), Board(tmp_path)
    before = parent.beats(1), parent.beats(2)
    worker.beat(2)
    worker.beat(2)
    assert (parent.beats(1), parent.beats(2)) == (before[0], before[1] + 2)
