from pathlib import Path

from benchmarks.capacity.measurements import load_rows
from benchmarks.load.figures import Figures
from benchmarks.load.report import report


def test_each_figure_is_the_median_of_its_rounds_and_can_be_read_back(
    tmp_path: Path,
) -> None:
    rounds = [
        {
            "a talk": {
                "Parley": Figures(
                    cpu_us_per_delivery=cost_us, latencies_ms=[cost_us], server_busy=0.5
                ),
                "nchan": Figures(cpu_us_per_delivery=3 * cost_us, lost=lost),
            }
        }
        for cost_us, lost in [(2.0, 0), (4.0, 7), (9.0, 0)]
    ]
    path = tmp_path / "load.md"
    path.write_text(report(rounds))
    rows = load_rows(path)["a talk"]
    assert rows["Parley"] == {
        "CPU µs/delivery": 4, "p50 ms": 4, "p95 ms": 4, "p99 ms": 4, "server busy": 0.5,
    }  # fmt: skip
    assert rows["nchan"] == {"CPU µs/delivery": 12}
    assert "| nchan (7 members missed something) |" in path.read_text()
    assert "| 3.0 x |" in path.read_text()
