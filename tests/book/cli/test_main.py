"""The command as a whole: help, exit codes, signals, and output that not every terminal takes."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from places import BOOK as FIXTURE
from processes import HANG, MEETING, REPORT, Meeting, repsim, running

from repsim_book.cli import main
from repsim_book.cli.command import in_words
from repsim_book.cli.plain_text import spelled
from repsim_core.errors import ExecutionError, InputError, WriteError


def test_help_documents_the_commands_and_the_exit_codes(run):
    code, out, _ = run("--help")
    assert code == 0
    for part in (*main.COMMANDS, "completion", *(f"  {n}" for n in (0, 1, 2, 129, 130, 143))):
        assert part in out


@pytest.mark.parametrize("name", [*main.COMMANDS, "study width", "study status", "classroom grade"])
def test_every_command_explains_itself(run, name):
    code, out, err = run(*name.split(), "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: repsim {name}")


def test_the_version_is_that_of_the_distribution(run):
    assert run("--version") == (0, f"repsim {version('repsim-core')}\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_learns_to_complete(run, shell):
    code, out, _ = run("completion", shell)
    assert code == 0
    assert "_REPSIM_COMPLETE" in out


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["ru"], "run runs"),
        (["run", "0"], "02_small"),
        (["run", "02", "-p", "co"], "count="),
        (["run", "--profile", "sm"], "smoke"),
    ],
)
def test_words_are_completed(typed, expected, tmp_path):
    book = ["--root", str(FIXTURE)] if len(typed) > 1 else []
    words = ["repsim", *typed[:1], *book, *typed[1:]]
    environment = {
        "_REPSIM_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    done = repsim(cwd=tmp_path, env={**os.environ, **environment})
    assert [line.partition(",")[2] for line in done.stdout.split()] == expected.split()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["chapter"], "there is no command chapter; did you mean chapters?"),
        (["run"], "Missing argument 'CHAPTER'"),
        (["run", "02", "--prof", "smoke"], "No such option"),
        (["run", "02", "--p", "count=3"], "No such option"),
        (["run", "02", "--out", "x", "--out", "y"], "--out is given twice"),
        (["book", "--profile", "smoke", "--profile", "default"], "--profile is given twice"),
        (["run", "02", "--out", ""], "--out: found an empty name"),
        (["run", "02", "--out", "x" * 300], "--out: found a name of 300 bytes, expected a shorter one"),
        (
            ["run", "02", "--jobs", "1e3"],
            "--jobs: found 1e3, expected a whole number, in digits as in 12 (repsim run --help)",
        ),
        (["run", "02", "--jobs", "010"], "--jobs: found 010, expected a whole number"),
        (["study", "width", "--steps", "1_000"], "--steps: found 1_000, expected a whole number"),
        (["study", "width", "--steps", "9" * 30], "expected a whole number"),
        (["run", "02", "--timeout", "nan"], "--timeout: found nan, expected a whole number"),
        (["run", "02", "-p"], "requires an argument (repsim run --help)"),
        (["compare", "a", "b", "--weight", "much"], "--weight: found much, expected a number"),
        (["chapters", "--root", ""], "--root: found an empty name"),
        (["chapters", "--root", "elsewhere"], "there is no folder `notebooks`"),
        (["chapters", "03"], "unexpected extra argument"),
        (["study", "widht"], "did you mean width"),
        (["completion", "tcsh"], "SHELL: found tcsh, expected one of"),
        (["serve", "--root", FIXTURE], "there is no book yet"),
        (["live", "--root", FIXTURE], "there is no book yet"),
    ],
)
def test_what_cannot_be_is_refused_with_code_2(run, nothing_runs, arguments, complaint):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert complaint in err
    assert err.startswith("repsim: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["study"], ["classroom"]])
def test_without_a_command_there_is_help(run, words):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith("Usage: repsim")
    assert "Commands:" in err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (InputError("seed: found x"), 2, "seed: found x"),
        (ExecutionError("it failed"), 1, "it failed"),
        (WriteError("cannot write x"), 1, "cannot write x"),
        (OSError(28, "No space left on device", "file"), 1, "file: No space left on device"),
        (MemoryError(), 1, "not enough memory"),
        (ModuleNotFoundError(name="altair"), 2, "repsim-core[figures]"),
    ],
)
def test_each_error_has_its_code(run, monkeypatch, raised, code, said):
    def fail(*_, **__):
        raise raised

    monkeypatch.setattr("repsim_book.cli.run.list_chapters", fail)
    assert run("chapters", "--root", FIXTURE)[0] == code
    monkeypatch.setattr("repsim_book.cli.run.list_chapters", fail)
    assert said in run("chapters", "--root", FIXTURE)[2]


def test_messages_speak_of_options():
    options = [click.Option(["--left-out"]), click.Option(["--seed"]), click.Option(["-p", "given"])]
    said = 'left_out: found K = 3; pass left_out="none"; given seed'
    assert in_words(said, options) == "--left-out: found K = 3; pass --left-out none; given seed"
    assert in_words("seed: found -1, expected at least 0", options) == "--seed: found -1, expected at least 0"
    assert in_words("a seed: found", options) == "a seed: found"
    short = [click.Option(["--k"]), click.Option(["--m"])]
    assert in_words("k: found 1 in k, m", short) == "--k: found 1 in k, m"
    assert in_words("m: found 10", short) == "--m: found 10"
    assert in_words("given: found 1", options) == "given: found 1"


# -- signals -------------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting_book(tmp_path):
    """A book whose chapter reports its kernel, and then waits for ever where it is asked to fail."""
    root = tmp_path / "book"
    shutil.copytree(FIXTURE, root)
    chapter = root / "notebooks" / "02_small.md"
    wait = f"import os, threading; {REPORT}; threading.Event().wait()"
    chapter.write_text(chapter.read_text().replace('raise RuntimeError("asked to fail")', wait))
    profile = root / "notebooks" / "profiles" / "wait.yml"
    profile.write_text("02_small: {fail: true}\n")
    return root


COMMANDS = {
    "run": ["run", "2", "-p", "fail=true", "--out", "out"],
    "sweep": ["run", "2", "-p", "fail=true", "--sweep", "count=3,5", "--out", "out"],
    "book": ["book", "--profile", "wait"],
}


@pytest.mark.parametrize(
    ("kind", "number", "code", "said"),
    [
        ("run", signal.SIGINT, 130, "interrupted"),
        ("run", signal.SIGTERM, 143, "ended by SIGTERM"),
        ("run", signal.SIGHUP, 129, "ended by SIGHUP"),
        ("run", signal.SIGKILL, -9, ""),
        ("sweep", signal.SIGTERM, 143, "ended by SIGTERM"),
        ("sweep", signal.SIGKILL, -9, ""),
        ("book", signal.SIGHUP, 129, "ended by SIGHUP"),
    ],
)
def test_a_signal_ends_the_command_and_all_that_it_started(kind, number, code, said, waiting_book, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    kernels = 2 if kind == "sweep" else 1
    with Meeting(tmp_path / "meeting") as meeting:
        words = [sys.executable, "-m", "repsim_book", *COMMANDS[kind], "--root", str(waiting_book)]
        environment = {**os.environ, MEETING: str(meeting.path), "TMPDIR": str(temporary)}
        with running(words, stderr=subprocess.PIPE, cwd=tmp_path, env=environment) as process:
            meeting.reports(kernels)
            process.send_signal(number)
            _, err = process.communicate(timeout=HANG)
        assert process.returncode == code
        lines = err.strip().splitlines()
        assert (lines[-1] if said else "") == (f"repsim: {said}" if said else "")
        assert "Traceback" not in err
        meeting.ended()
    if number != signal.SIGKILL:  # then it is gone before what it has started is
        assert list(temporary.iterdir()) == []
        assert not list(tmp_path.rglob(".part-*"))
        assert not list(tmp_path.rglob(".in-use"))
    if kind == "run":
        left = [path.name for path in (tmp_path / "out").iterdir() if not path.name.startswith(".")]
        assert left == ["02_small.partial.ipynb"]


def test_a_signal_that_is_ignored_stays_so(waiting_book, tmp_path):
    """`nohup repsim run ...` goes on when the terminal is closed."""
    with Meeting(tmp_path / "meeting") as meeting:
        words = ["nohup", sys.executable, "-m", "repsim_book", *COMMANDS["run"], "--root", str(waiting_book)]
        environment = {**os.environ, MEETING: str(meeting.path)}
        with running(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=tmp_path, env=environment
        ) as process:
            meeting.reports(1)
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=HANG)
        assert process.returncode == 143
        meeting.ended()


# -- places and letters --------------------------------------------------------------------------------------------


def test_a_temporary_folder_with_a_long_path_is_no_obstacle(tmp_path):
    long = tmp_path / ("x" * 120)
    long.mkdir()
    done = repsim(
        "run", "2", "--root", FIXTURE, "--out", "out", cwd=tmp_path, env={**os.environ, "TMPDIR": str(long)}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(long.iterdir()) == []


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=["ascii", "POSIX", "latin-1"],
)
def test_output_that_is_not_utf_8_gets_what_it_can_take(environment, models, tmp_path):
    done = repsim("compare", "a.npz", "b.safetensors", cwd=tmp_path, env={**os.environ, **environment})
    assert (done.returncode, done.stderr) == (0, "")
    assert "d_LLV" in done.stdout
    assert ("d_LLV^2" in done.stdout) == ("latin-1" not in environment.values())
    done = repsim(
        "run",
        "2",
        "--root",
        FIXTURE,
        "-p",
        "label=é",
        "-p",
        "fail=true",
        cwd=tmp_path,
        env={**os.environ, **environment},
    )
    assert done.returncode == 1
    assert "asked to fail" in done.stderr


def test_letters_are_spelled():
    assert (
        spelled("d_LLV² ≤ 2 × δ₀ – Kullback–Leibler, Müller")
        == "d_LLV^2 <= 2 x delta_0 - Kullback-Leibler, Muller"
    )
    assert spelled("Δ√∞ 木") == "Deltasqrtinf \\u6728"


def test_a_reader_that_leaves_is_no_failure(tmp_path):
    words = f"{sys.executable} -m repsim_book chapters | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", words], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("words", "code"), [("chapters >&-", 0), ("run 2 -p x=1 2>/dev/full", 2)])
def test_streams_that_are_closed_or_full_change_no_exit_code(words, code, tmp_path):
    line = f"{sys.executable} -m repsim_book {words} --root {FIXTURE}"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (code, "")


def test_a_folder_that_is_no_more_is_said(tmp_path):
    line = f"mkdir x; cd x; rmdir ../x; {sys.executable} -m repsim_book chapters"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "repsim: the folder where this is typed is no more\n"


def test_a_home_that_cannot_be_used_is_no_obstacle(tmp_path):
    environment = {**os.environ, "HOME": "/proc", "XDG_CACHE_HOME": str(tmp_path)}
    done = repsim("run", "2", "--root", FIXTURE, "--out", "out", cwd=tmp_path, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full here")
def test_output_that_cannot_be_written_is_a_failure(tmp_path):
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-m", "repsim_book", "chapters"]
        done = subprocess.run(words, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("repsim: ")
    assert "No space left on device" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["run", "2", "--out", "out"], ["run", "2", "--sweep", "count=3,5", "--out", "out"], ["book"]],
)
def test_a_full_disk_names_the_file_and_the_same_command_works_with_room(arguments, tmp_path):
    """A limit on the length of files stands for the disk: the first notebook does not fit."""
    root = tmp_path / "book"
    shutil.copytree(FIXTURE, root)
    arguments = [*arguments, "--root", root]

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))

    done = repsim(*arguments, cwd=tmp_path, preexec_fn=little_room)
    assert done.returncode == 1
    assert "cannot write " in done.stderr
    assert "02_small" in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob(".part-*"))
    done = repsim(*arguments, cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_json_is_valid_whatever_the_output_takes(models, tmp_path):
    done = repsim(
        "compare",
        "a.npz",
        "b.safetensors",
        "--json",
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert json.loads(done.stdout)["num_inputs"] == 12
