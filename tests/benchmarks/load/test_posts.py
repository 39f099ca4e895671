import pytest

from benchmarks.load.contenders import contenders
from benchmarks.load.posts import posts


def test_what_is_posted_is_stored_and_counted() -> None:
    figures = posts(contenders()["Parley"], batch=10, seconds=0.1, warm_up_s=0.1)
    assert figures.deliveries_per_s is not None and figures.cpu_us_per_delivery is not None
    assert figures.server_busy is not None
    assert figures.deliveries_per_s * figures.cpu_us_per_delivery == pytest.approx(
        1e6 * figures.server_busy
    )
    # At least its text and its key, and pages that are not full; at most 3 of 4 KB to begin with.
    assert figures.disk_bytes_per_message is not None
    assert 100 < figures.disk_bytes_per_message < 12_288
    assert len(figures.latencies_ms) > 0
