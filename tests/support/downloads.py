"""Downloads as learning systems make them, of students who are called as in a roster."""

import csv
import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

# When the archive was made: Moodle and Canvas give it to every file.
_MADE = (2026, 5, 2, 12, 0, 0)


def moodle(path: Path, names: Mapping[str, str], files: Mapping[str, bytes], called: str) -> None:
    """Moodle's archive: a folder a student, with a number of this assignment alone.

    Args:
        names: by id; whoever is not there keeps the id.
        files: what each handed in, by id.
        called: the name of each file.
    """
    content = {
        f"{names.get(who, who)}_{900 + number}_assignsubmission_file/{called}": data
        for number, (who, data) in enumerate(files.items())
    }
    _archive(path, content)


def worksheet(path: Path, names: Mapping[str, str], times: Mapping[str, datetime]) -> None:
    """Moodle's grading worksheet, in English; times are those of this machine's zone."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        ["Identifier", "Full name", "Email address", "Status", "Grade", "Last modified (submission)"]
    )
    for number, (who, name) in enumerate(names.items()):
        time = times.get(who)
        said = f"{time.astimezone():%A, %d %B %Y, %I:%M %p}" if time else "-"
        writer.writerow([f"Participant {900 + number}", name, f"{who}@example.org", "", "", said])
    path.write_text("\ufeff" + text.getvalue(), encoding="utf-8")


def canvas(
    path: Path,
    names: Mapping[str, str],
    numbers: Mapping[str, str],
    files: Mapping[str, bytes],
    late: set[str],
) -> None:
    """Canvas's archive: a file a student, called by the family name, the first name and the student's number."""
    content = {}
    for number, (who, data) in enumerate(files.items()):
        *first, last = names.get(who, who).split()
        called = "".join(filter(str.isalnum, f"{last}{''.join(first)}".lower()))
        mark = "LATE_" if who in late else ""
        content[f"{called}_{mark}{numbers[who]}_{7000 + number}_work-1.ipynb"] = data
    _archive(path, content)


def _archive(path: Path, content: Mapping[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name, _MADE), data)
        archive.writestr(zipfile.ZipInfo("__MACOSX/._x", _MADE), b"")
        archive.writestr(zipfile.ZipInfo("Thumbs.db", _MADE), b"")
