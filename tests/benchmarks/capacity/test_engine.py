from math import log1p

import pytest

from benchmarks.capacity.engine import COOL_S, SLICE_S, Core, Process, World


def test_what_is_due_at_one_moment_happens_in_the_order_in_which_it_was_asked() -> None:
    world, seen = World(), []
    world.at(2.0, lambda: seen.append("late"))
    world.at(1.0, lambda: seen.append("first"))
    world.at(1.0, lambda: seen.append("second"))
    world.run_until(1.5)
    assert seen == ["first", "second"]
    world.run_until(2.0)
    assert seen == ["first", "second", "late"]


def test_two_processes_share_a_core_in_slices() -> None:
    world, ends = World(), {}
    core = Core(world)
    for name in "ab":
        process = Process(core)
        process.wake((4 * SLICE_S, lambda name=name: ends.setdefault(name, world.now_s)))
    world.run_until(1.0)
    assert ends["a"] == pytest.approx(7 * SLICE_S)
    assert ends["b"] == pytest.approx(8 * SLICE_S)


def test_what_a_core_does_not_give_takes_time_and_no_cpu() -> None:
    world, ends = World(), []
    process = Process(Core(world, share=0.5))
    process.wake((1e-3, lambda: ends.append(world.now_s)))
    world.run_until(1.0)
    assert ends == [pytest.approx(2e-3)]
    assert process.cpu_s == pytest.approx(1e-3)


def test_who_slept_longer_pays_more_to_go_on_and_who_works_on_pays_nothing() -> None:
    world = World()
    process = Process(Core(world), waking_s=1e-3)
    world.at(1.0, lambda: process.wake((1e-3, lambda: None), (1e-3, lambda: None)))
    world.run_until(2.0)
    assert process.cpu_s == pytest.approx(2e-3 + 1e-3 * log1p(1.0 / COOL_S))


def test_work_is_asked_for_when_there_is_none() -> None:
    world = World()
    works = [[(1e-3, lambda: None)], [(1e-3, lambda: None)], []]
    process = Process(Core(world), lambda: works.pop(0))
    process.wake()
    world.run_until(1.0)
    assert process.cpu_s == pytest.approx(2e-3)
    assert works == []
