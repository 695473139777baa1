"""Progress on standard error: a bar on a terminal, elsewhere a line now and then."""

import os
import sys
import time
from datetime import timedelta

from tqdm import tqdm

# Seconds between two lines where there is no terminal, and where nothing is done meanwhile.
_QUIET, _STILL = 30.0, 300.0


class ProgressLine:
    """How far a long command is.

    Args:
        name: of what is under way.
        unit: what is counted, in the plural.
    """

    def __init__(self, name: str, unit: str) -> None:
        self.name, self.unit = name, unit
        self.terminal = sys.stderr.isatty() and _columns() > 0
        self.bar: tqdm | None = None
        self.said, self.done = time.monotonic(), -1

    def show(self, done: int, of: int, *remarks: str) -> None:
        """Say where things stand.

        Args:
            done, of: how many of how many are done.
            remarks: what else is to be said, such as how much time is left.
        """
        if self.terminal:
            self._draw(done, of, ", ".join(filter(None, remarks)))
            return
        now = time.monotonic()
        more = done > self.done and (now - self.said > _QUIET or done == of)
        if more or now - self.said > _STILL:
            self.say(", ".join(filter(None, [f"{self.name}: {done} of {of} {self.unit}", *remarks])))
            self.said, self.done = now, done

    def say(self, line: str) -> None:
        """A line of its own."""
        if self.terminal:
            tqdm.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def _draw(self, done: int, of: int, remarks: str) -> None:
        if self.bar is None:
            form = f"{{desc}}: {{n_fmt}}/{{total_fmt}} {self.unit} |{{bar:20}}| {{elapsed}}{{postfix}}"
            self.bar = tqdm(
                total=of, desc=self.name, bar_format=form, leave=False, file=sys.stderr, dynamic_ncols=True
            )
        self.bar.total, self.bar.n = of, done
        self.bar.set_postfix_str(remarks, refresh=False)
        self.bar.refresh()


def _columns() -> int:
    """Of the terminal; some containers say 0, where no bar has room."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 0


def duration(seconds: float) -> str:
    """Seconds as people say them: `40 s`, `12 min`, `3 h 20 min`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(timedelta(seconds=seconds) / timedelta(minutes=1))
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"


def time_left(seconds: float | None) -> str:
    """A remark on the time that is left; "" where that is not known."""
    return "" if seconds is None else f"about {duration(seconds)} left"
