"""A program in a terminal of its own (tmux): keys in, the screen out."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

WAIT_S = 20  # for what comes at once; only a failing test waits so long


class Screen:
    """The screen of a program; ``text`` is what it shows now."""

    def __init__(self, socket: Path) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._tmux, *arguments], check=True, capture_output=True, text=True, timeout=WAIT_S
        )
        return done.stdout

    def end(self) -> None:
        """End the program, unless it has ended by itself."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, timeout=WAIT_S)

    def wait_for_end(self) -> None:
        """Return when the program has ended by itself."""
        end_s = time.monotonic() + WAIT_S
        while not subprocess.run([*self._tmux, "has-session"], capture_output=True).returncode:
            assert time.monotonic() < end_s, self.text
            time.sleep(0.05)  # nobody tells this either

    @property
    def text(self) -> str:
        return self.run("capture-pane", "-p", "-J", "-S", "-200")

    def type(self, line: str) -> None:
        """Type a line, and the key that ends it."""
        self.run("send-keys", "-l", line)
        self.run("send-keys", "Enter")

    def until(self, text: str) -> None:
        """Return when the screen shows ``text``."""
        end_s = time.monotonic() + WAIT_S
        while text not in (shown := self.text):
            assert time.monotonic() < end_s, f"{text!r} is not on the screen:\n{shown}"
            time.sleep(0.05)  # nobody tells when a terminal has drawn


@contextmanager
def on_screen(folder: Path, command: Sequence[str]) -> Iterator[Screen]:
    """Run ``command`` on a screen; it is ended at the end. An error says what was on it."""
    screen = Screen(folder / "tmux")
    screen.run("new-session", "-d", "-x", "160", "-y", "50", *command)
    try:
        yield screen
    except Exception as error:
        error.add_note(screen.text)
        raise
    finally:
        screen.end()
