"""The guide's recipe for a container each, run as it stands there with a stand-in for `docker`."""

import re
import shlex
import shutil
import stat
import sys

import as_docker
import pandas as pd
import pytest
from other_user import USER, opened, why_not
from places import ROOT, SUPPORT
from tiny import MASTER, NAME, answered, data, write

from repsim_book.classroom.apart.limits import MAX_PROCESSES

LOOKS = """\
import os, socket
said = [os.getuid(), os.environ["HOME"]]
for place in ("/usr/mine", "/tmp/mine", "mine"):
    try:
        open(place, "w").close()
        said.append(place)
    except OSError as error:
        said.append(error.strerror)
try:
    socket.create_connection(("192.0.2.1", 9))
except OSError as error:
    said.append(error.strerror)
raise ValueError(said)"""


RECIPE = re.search(
    r"^```\n(for file in .*?)^```$",
    (ROOT / "book" / "teaching.md").read_text(encoding="utf-8"),
    re.DOTALL | re.MULTILINE,
)[1]


def test_the_recipe_is_one_that_the_stand_in_takes(monkeypatch):
    words = shlex.split(RECIPE.replace("$(id -u):$(id -g)", "1:1").replace("\\\n", ""))
    monkeypatch.setattr(sys, "argv", words[words.index("docker") : words.index("done")])
    flags = as_docker.asked()
    assert (flags.user, flags.memory, flags.memory_swap, flags.v) == ("1:1", "4g", "4g", "$PWD/$place:/work")
    assert int(flags.pids_limit) > MAX_PROCESSES
    assert flags.words[:2] == ["sh", "-c"]


@pytest.mark.thorough
def test_the_recipe_collects_and_grades(course, tmp_path):
    if (why := why_not()) or shutil.which("bwrap") is None:
        pytest.skip(why or "found no bubblewrap, with which the stand-in works")
    course.directory.rename(tmp_path / "released")
    write(
        tmp_path, {"handed-in/ada.ipynb": data(MASTER), "handed-in/bob.ipynb": data(answered(square=LOOKS))}
    )
    docker = f'exec {sys.executable} {SUPPORT / "as_docker.py"} "$@"'
    # Who types this is the other user, and the container engine root.
    tools = {"docker": f"chown -R {USER}:{USER} one && {docker}", "id": f"echo {USER}"}
    for name, line in tools.items():
        write(tmp_path, {f"bin/{name}": f"#!/bin/sh\n{line}\n".encode()})
        (tmp_path / "bin" / name).chmod(stat.S_IRWXU)
    script = f"PATH={tmp_path}/bin:$PATH\n{RECIPE}"
    done = opened(["sh", "-c", script.replace("01_twins", NAME)], cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    tables = [pd.read_csv(tmp_path / "one" / student / "course" / "grades.csv") for student in ("ada", "bob")]
    assert [(*table["student"], *table["points"]) for table in tables] == [("ada", 5), ("bob", 3)]
    assert "students' code is not contained: it runs with your rights" in done.stderr
    (message,) = tables[1]["message"]
    assert message.endswith(
        f"ValueError: [{USER}, '/tmp', 'Read-only file system', '/tmp/mine', 'mine', 'Network is unreachable']"
    )
