"""Times of submission from a table beside a download: Moodle's grading worksheet, or one that a teacher writes.

Moodle and Canvas give every file in an archive the time at which the archive was made, so that these say nothing.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import dateutil.parser

from repsim_book.classroom.roster import Roster
from repsim_core.errors import InputError

# Of Moodle's worksheet, and of one's own.
_STUDENT = ("id", "id number", "email address", "e-mail", "email", "full name", "name", "student")
_TIME = ("last modified (submission)", "time")
# What Moodle writes where nothing was handed in.
_NONE = ("", "-")


def read_times(path: Path, roster: Roster | None) -> dict[str, datetime]:
    """When each student handed in, by id.

    Args:
        path: CSV with a column `time`, or `Last modified (submission)`, and one or more of an id, an address or a name.
            A time without a zone is one of this machine's.
        roster: who is meant; None takes the first such column for ids.

    Raises:
        InputError: it cannot be read, a column is missing, or a time is none.
    """
    try:
        rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"times: {path}: cannot be read ({error}), expected CSV in UTF-8") from error
    heads = [head.strip().casefold() for head in rows[0]] if rows else []
    who = sorted((_STUDENT.index(head), number) for number, head in enumerate(heads) if head in _STUDENT)
    when = next((number for number, head in enumerate(heads) if head in _TIME), None)
    if when is None or not who:
        raise InputError(
            f"times: {path}: found the columns {', '.join(heads) or 'none'}, expected time (or Moodle's "
            "Last modified (submission)) and id, email or name"
        )
    found = {}
    for line, row in enumerate(rows[1:], start=2):
        cells = [cell.strip() for cell in row] + [""] * (len(heads) - len(row))
        if cells[when] in _NONE:
            continue
        labels = [cells[number] for _, number in who if cells[number]]
        student = roster.find(*labels) if roster else next(iter(labels), None)
        if student is None:
            continue  # of somebody who is not in this course
        try:
            time = datetime.fromisoformat(cells[when])
        except ValueError:
            try:
                time = dateutil.parser.parse(cells[when], dayfirst=True)
            except (ValueError, OverflowError) as error:
                raise InputError(
                    f'times: line {line}: found "{cells[when]}", expected a time such as 2030-01-31 23:59, in English'
                ) from error
        found[student] = time.astimezone()
    return found
