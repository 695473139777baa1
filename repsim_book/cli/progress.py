"""Progress on standard error: one line rewritten in place on a terminal, elsewhere a line now and then."""

import sys
import time

# Seconds between two lines where there is no terminal.
_QUIET = 30.0


class ProgressLine:
    """The line that says how far a long command is."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.said, self.done = float("-inf"), -1
        self.open = False  # whether a line on the terminal has no end yet

    def show(self, text: str, done: int, of: int) -> None:
        """Say where things stand: what is written, and how many of how many parts are done."""
        now = time.monotonic()
        if self.terminal:
            print(f"\r{text:<100.100}", end="", file=sys.stderr, flush=True)
            self.open = True
        elif done > self.done and (now - self.said > _QUIET or done == of):
            print(text, file=sys.stderr, flush=True)
        else:
            return
        self.said, self.done = now, done

    def end(self) -> None:
        """End the line."""
        if self.open:
            print(file=sys.stderr)
