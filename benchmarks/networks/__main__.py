"""Measures in headless Chromium; writes one table to stdout and to results/networks.md."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from selenium.webdriver import Chrome

from benchmarks.machine import about, peers
from benchmarks.networks.pages import CLOCK, Candidate, candidates
from benchmarks.networks.servers import HERE
from tests.browser.conftest import run_browser
from tests.support.hostile import Mode, run_hostile

RTT_MS = 50
RUNS = 3
NEVER_S = 15  # users do not wait longer for a chat to work
POLL_S = 0.05  # how often the times are read; the page itself measures them
RESULTS = HERE.parent / "results/networks.md"
NETWORKS = {
    Mode.FRIENDLY: "friendly",
    Mode.WEBSOCKET_REFUSED: "a: upgrades are refused",
    Mode.WEBSOCKET_SWALLOWED: "b: upgrades are never answered",
    Mode.WEBSOCKET_MUTE: "c: WebSockets open, no frame passes",
    Mode.STREAM_HELD: "d: event streams are held back",
    Mode.WEBSOCKET_DIES: "e: WebSockets die after 200 ms",
    Mode.MUTE_AND_HELD: "f: c and d together",
    Mode.CUT_AFTER: "g: every response is cut after 10 s",
    Mode.HTTP_1_0: "h: HTTP/1.0",
    Mode.POSTS_DELAYED: "i: each POST takes 2 s more",
    Mode.HELD_64_KIB: "j: responses pass in blocks of 64 KiB",
}
Times = tuple[float, float]  # ms from the navigation's start to: connecting, the first message


def measure(browser: Chrome, candidate: Candidate, port: int, mode: Mode) -> Times | None:
    """Return the times of one run; None if no message arrived within NEVER_S."""
    # A new network has a new origin: no connection is open, nothing is cached or remembered.
    with run_hostile(port, rtt_ms=RTT_MS, mode=mode) as network, running(browser, candidate.script):
        began = time.monotonic()
        browser.get(network.url + candidate.path)
        try:
            while time.monotonic() - began < NEVER_S:
                times = browser.execute_script("return window.times")
                if "heard_ms" in times:
                    return times["begun_ms"], times["heard_ms"]
                time.sleep(POLL_S)
            return None
        finally:
            browser.get("about:blank")


@contextmanager
def running(browser: Chrome, script: str) -> Iterator[None]:
    """Run ``script`` in every page that is opened meanwhile."""
    script = f"if (location.protocol === 'http:') {{ {CLOCK} {script} }}"
    add, remove = (f"Page.{verb}ScriptToEvaluateOnNewDocument" for verb in ("add", "remove"))
    added = browser.execute_cdp_cmd(add, {"source": script})
    try:
        yield
    finally:
        browser.execute_cdp_cmd(remove, added)


def cell(runs: Sequence[Times | None]) -> str:
    """Return the median of the runs as text; "never" if at least half of them failed."""
    heard = [times for times in runs if times is not None]
    if len(heard) <= len(runs) // 2:
        return "never"
    begun_ms, heard_ms = sorted(heard, key=lambda times: times[1])[(len(runs) - 1) // 2]
    failed = f", {len(runs) - len(heard)} never" if len(heard) < len(runs) else ""
    return f"{heard_ms:.0f} ({heard_ms - begun_ms:.0f}){failed}"


def measure_all(
    browser: Chrome, networks: Sequence[Mode], runs: int
) -> Iterator[tuple[Mode, dict[str, list[Times | None]]]]:
    """Yield the runs of every candidate, network by network."""
    with ExitStack() as stack:
        ports = {them: stack.enter_context(them.server()) for them in candidates()}
        for candidate, port in ports.items():  # a first page is slow: its scripts are compiled
            measure(browser, candidate, port, Mode.FRIENDLY)
        for mode in networks:
            measured: dict[str, list[Times | None]] = {them.name: [] for them in ports}
            for _ in range(runs):  # in turn, so that a busy moment of the machine affects all
                for candidate, port in ports.items():
                    measured[candidate.name].append(measure(browser, candidate, port, mode))
                    print(f"{mode.value}: {candidate.name}", file=sys.stderr)
            yield mode, measured


def report(browser: Chrome, rows: Sequence[tuple[Mode, dict[str, list[Times | None]]]]) -> str:
    names = list(rows[0][1])
    lines = [
        "# Getting through hostile networks",
        "",
        f"Milliseconds from the start of the navigation to the first message of the server, through"
        f" a proxy with a round trip of {RTT_MS} ms; in brackets, without the loading of page and"
        f" client. Medians of {len(rows[0][1][names[0]])} runs; never: not in {NEVER_S} s.",
        "",
        f"| network | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
        *(
            f"| {NETWORKS[mode]} | {' | '.join(cell(runs) for runs in measured.values())} |"
            for mode, measured in rows
        ),
        "",
        *measured_at(browser),
    ]
    return "\n".join(lines) + "\n"


def measured_at(browser: Chrome) -> list[str]:
    """Return the lines that say what was measured, where and when."""
    return [
        f"- Measured of Parley: {next(iter(candidates())).measured}",
        f"- Peers: {', '.join(peers())}",
        f"- Browser: {browser.name} {browser.capabilities['browserVersion']}, headless",
        *about(),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.networks", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument(
        "--only", metavar="MODE", action="append", help="measure this network, and write no file"
    )
    options = parser.parse_args()
    networks = [Mode(name) for name in options.only or ()] or list(NETWORKS)
    with run_browser() as browser:
        text = report(browser, list(measure_all(browser, networks, options.runs)))
    print(text)
    if not options.only:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
