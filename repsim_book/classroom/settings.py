"""What a teacher decides about a course before it begins: when work is due, what lateness costs, which attempt counts.

It stands in `course.toml`. Values at its top are for all assignments, those in a table of an assignment's name for it:

    grace_minutes = 10
    percent_a_day = 10

    [01_twins]
    due = 2026-04-20 23:59:00
    groups = true
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from repsim_core.errors import InputError, nearest

SETTINGS = "course.toml"
# Of several attempts: the newest, the oldest, or the newest that was not late.
COUNTS = ("last", "first", "last on time")
TEMPLATE = """\
# Of the course, read by `repsim classroom`; without a mark of comment in front of it a line holds.

# counts = "last"        # of several attempts: "last", "first" or "last on time"
# groups = false         # true: who shares a group in roster.csv shares the work
# grace_minutes = 0      # after the time, that nobody minds
# points_a_day = 0       # off for each day that has begun,
# percent_a_day = 0      # or percent of all points

# [01_twins]             # for one assignment
# due = 2030-01-31 23:59:00
"""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([dhm])(?:ays?|ours?|in(?:utes?)?)?")
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


@dataclass(frozen=True)
class Settings:
    """Those of one assignment.

    Attributes:
        due: when its time is over; None for no such time.
        grace_minutes: after that, in which nothing is late.
        points_a_day, percent_a_day: what each late day that has begun takes off: points, or percent of all points.
        counts: see `COUNTS`.
        groups: whether the work of one member of a group is that of all.
    """

    due: datetime | None = None
    grace_minutes: float = 0
    points_a_day: float = 0
    percent_a_day: float = 0
    counts: str = "last"
    groups: bool = False

    @property
    def lateness_costs(self) -> bool:
        """Whether a late day takes anything off."""
        return self.points_a_day > 0 or self.percent_a_day > 0

    def late_days(self, handed_in: datetime | None, extra: timedelta = timedelta(0)) -> int:
        """Days since the end of one's own time, each that has begun; 0 within the time or the grace after it.

        Args:
            handed_in: when; None is never late.
            extra: time that a student has beyond the others.
        """
        if self.due is None or handed_in is None:
            return 0
        late = handed_in - self.due - extra
        if late <= timedelta(minutes=self.grace_minutes):
            return 0
        return max(math.ceil(late / timedelta(days=1)), 1)

    def deduction(self, late_days: int, points: float, most: float) -> float:
        """What so many late days take off: never more than there are points.

        Args:
            points: that were earned.
            most: that could be.
        """
        off = late_days * (self.points_a_day + self.percent_a_day / 100 * most)
        return min(off, max(points, 0.0))


def read_settings(path: Path, name: str) -> Settings:
    """What a course's file says of an assignment; where there is no file, that nothing is ever late.

    Raises:
        InputError: it cannot be read, or says what cannot be.
    """
    if not path.is_file():
        return Settings()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{SETTINGS}: cannot be read ({error}), expected TOML") from error
    values: dict[str, Any] = {}
    for key, value in found.items():
        if isinstance(value, dict):
            checked = {inner: _checked(f"{key}: {inner}", inner, each) for inner, each in value.items()}
            if key == name:
                values |= checked
        elif key == "due":
            raise InputError(f"{SETTINGS}: found due for all assignments, expected it in a table of one")
        else:
            values = {key: _checked(key, key, value), **values}
    return Settings(**values)


def extra_time(text: str) -> timedelta:
    """What a roster says of a student's time beyond the others': `2d`, `36h`, `90m`, or nothing.

    Raises:
        InputError: it says something else.
    """
    if not text:
        return timedelta(0)
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise InputError(f'extra_time: found "{text}", expected days, hours or minutes: 2d, 36h, 90m')
    return float(found[1]) * _UNITS[found[2]]


def _checked(where: str, key: str, value: Any) -> Any:
    names = [field.name for field in fields(Settings)]
    if key not in names:
        raise InputError(f"{SETTINGS}: found {where}; {nearest(key, names)}")
    good: Mapping[str, tuple[bool, str]] = {
        "due": (isinstance(value, date), "a date and a time, 2030-01-31 23:59:00"),
        "counts": (value in COUNTS, f"one of {', '.join(COUNTS)}"),
        "groups": (isinstance(value, bool), "true or false"),
    }
    number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
    right, expected = good.get(key, (number, "a number of at least 0"))
    if not right:
        raise InputError(f"{SETTINGS}: {where}: found {value}, expected {expected}")
    if isinstance(value, date):
        if not isinstance(value, datetime):  # a day ends at midnight
            value = datetime(value.year, value.month, value.day) + timedelta(days=1)
        return value.astimezone()  # without a zone it is this machine's
    return value
