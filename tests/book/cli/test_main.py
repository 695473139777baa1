"""The `repsim` command: what it prints, and its exit codes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import papermill
import pytest
from places import BOOK as FIXTURE
from processes import HANG, MEETING, REPORT, Meeting, running

import repsim_core
from repsim_book.cli import main
from repsim_book.execution.chapter import ExecutedChapter


@pytest.fixture
def no_kernel(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a kernel was about to start")

    monkeypatch.setattr(papermill, "execute_notebook", refuse)


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Call the command in an empty folder; (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = main.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return call


def test_help_documents_the_commands_and_the_exit_codes(run):
    code, out, _ = run("--help")
    assert code == 0
    for part in (
        "chapters",
        "run",
        "compare",
        "book",
        "  1    a chapter",
        "  2    input",
        "  130  interrupted",
    ):
        assert part in out


def test_chapters_are_listed_with_their_parameters(run):
    code, out, _ = run("chapters", "--root", FIXTURE)
    lines = out.splitlines()
    assert (code, lines[0]) == (0, "02_small: A small chapter")
    assert lines[1].split() == ["parameter", "type", "default", "meaning"]
    assert lines[2].split(maxsplit=3) == ["count", "int", "4", "how many numbers, at least 2"]
    assert max(map(len, lines)) <= 110

    code, out, _ = run("chapters", "--root", FIXTURE, "--json")
    (entry,) = json.loads(out)
    assert (code, entry["name"], entry["title"]) == (0, "02_small", "A small chapter")
    assert entry["parameters"][2] == {
        "name": "order",
        "type": "list[int] | None",
        "default": None,
        "meaning": "a permutation of 0..count - 1, or none for a shift by one",
    }


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "required: COMMAND"),
        (["chapter"], "invalid choice"),
        (["run"], "required: chapter"),
        (["run", "09"], "there is no chapter 09; known are: 02_small"),
        (["run", "smal"], "did you mean 02_small"),
        (["run", "02", "-p", "cuont=3"], "cuont is no parameter of 02_small; did you mean count"),
        (["run", "02", "-p", "count"], "-p count: expected NAME=VALUE"),
        (["run", "02", "-p", "=3"], "is no parameter of 02_small"),
        (["run", "02", "-p", "count=three"], "count = 'three' has the wrong type; expected is int"),
        (["run", "02", "-p", "count=1"], "count = 1 is not possible; allowed is: at least 2"),
        (["run", "02", "-p", "count=-5"], "count = -5 is not possible"),
        (
            ["run", "02", "-p", "order=[0,1,1,2]"],
            "order = [0, 1, 1, 2] is not possible; allowed is: a permutation",
        ),
        (["run", "02", "--profile", "smoek"], "there is no profile smoek; did you mean smoke"),
        (["run", "02", "--out", "file"], "the output folder file is a file"),
        (["book", "--profile", "papper"], "there is no profile papper"),
        (["run", "02", "--root", "elsewhere"], "there is no folder `notebooks`"),
        (["chapters", "--root", "elsewhere"], "there is no folder `notebooks`"),
    ],
)
def test_bad_input_ends_with_code_2_before_a_kernel_starts(run, no_kernel, arguments, complaint):
    Path("file").touch()
    if arguments and arguments[0] in ("run", "book") and "--root" not in arguments:
        arguments = [*arguments, "--root", FIXTURE]
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert complaint in err


def test_the_last_value_wins_over_the_profile(run, monkeypatch):
    seen = {}

    def run_chapter(chapter, values, directory, progress):
        seen.update(values, directory=directory, progress=progress)
        return ExecutedChapter(
            directory / "02_small.ipynb", [directory / "results" / "rows.csv"], [(3, "eek")]
        )

    monkeypatch.setattr(main, "run_chapter", run_chapter)
    arguments = ["-p", "count=8", "-p", "count=9", "-p", "label=a=b"]
    code, out, err = run("run", "2", "--root", FIXTURE, "--profile", "smoke", *arguments, "--out", "there")
    assert code == 0
    assert {k: seen[k] for k in ("count", "scale", "label")} == {"count": 9, "scale": 2.0, "label": "a=b"}
    assert seen["directory"] == Path("there")
    assert seen["progress"] is False  # nobody looks at a terminal
    assert out.splitlines() == ["there/02_small.ipynb", "there/results/rows.csv"]
    assert err == "repsim: cell 3 of 02_small wrote to stderr: eek\n"


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt, 130), (OSError("disk is full"), 2)])
def test_exit_codes_of_what_happens_on_the_way(run, monkeypatch, raised, code):
    def run_chapter(*_):
        raise raised

    monkeypatch.setattr(main, "run_chapter", run_chapter)
    assert run("run", "2", "--root", FIXTURE)[0] == code


def test_a_run_and_a_failing_run(run):
    code, out, err = run("run", "2", "--root", FIXTURE, "-p", "count=5", "--out", "there")
    assert (code, err) == (0, "")
    assert all(Path(line).is_file() for line in out.splitlines())
    assert len(out.splitlines()) == 3
    code, out, err = run("run", "2", "--root", FIXTURE, "-p", "fail=true", "--out", "there")
    assert (code, out) == (1, "")
    assert (
        "02_small failed: RuntimeError: asked to fail\nin cell 7 of 7 (line 50 of 02_small.md):\n    if fail:"
        in err
    )
    assert "partly executed notebook: there/02_small.partial.ipynb" in err


# The command, which ends a kernel only when all have noticed who watch it: some look once a second.
SLOW_END = """
import asyncio
import sys
from jupyter_client.manager import AsyncKernelManager
from repsim_book.cli.main import main
end = AsyncKernelManager.shutdown_kernel
async def end_and_wait(*given, **options):
    await end(*given, **options)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others)
AsyncKernelManager.shutdown_kernel = end_and_wait
sys.exit(main())
"""


@pytest.mark.parametrize("command", [["-m", "repsim_book"], ["-c", SLOW_END]], ids=["", "slow end"])
def test_an_interrupted_run_ends_its_kernel_and_leaves_what_it_has(command, tmp_path):
    """A cell interrupts the command, and would then wait for ever."""
    root = tmp_path / "book"
    shutil.copytree(FIXTURE, root)
    chapter = root / "notebooks" / "02_small.md"
    wait = f"import os, signal, threading; {REPORT}; os.kill(os.getppid(), signal.SIGINT); threading.Event().wait()"
    chapter.write_text(chapter.read_text().replace('raise RuntimeError("asked to fail")', wait))
    options = ["run", "2", "--root", root, "-p", "fail=true", "--out", root / "out"]
    with Meeting(tmp_path / "meeting") as meeting:
        words = [sys.executable, *command, *options]
        environment = {**os.environ, MEETING: str(meeting.path)}
        with running(words, stderr=subprocess.PIPE, env=environment) as process:
            _, err = process.communicate(timeout=HANG)
        assert (process.returncode, err.strip()) == (130, "repsim: interrupted")
        meeting.reports(1)
        meeting.ended()
    assert [path.name for path in (root / "out").iterdir()] == ["02_small.partial.ipynb"]


# --- compare ---


@pytest.fixture
def models(tmp_path):
    """Two models in files, of N = 12 inputs, K = 5 labels and M = 2."""
    rng = np.random.default_rng(0)
    found = [repsim_core.Representations(rng.normal(size=(12, 2)), rng.normal(size=(5, 2))) for _ in range(2)]
    for model, name in zip(found, ("a.npz", "b.safetensors"), strict=True):
        model.save(tmp_path / name)
    return found


def test_compare_prints_the_comparison(run, models):
    expected = repsim_core.compare(*models)
    assert run("compare", "a.npz", "b.safetensors") == (0, f"{expected}\n", "")
    code, out, _ = run("compare", "a.npz", "b.safetensors", "--json")
    assert code == 0
    assert json.loads(out) == json.loads(json.dumps(expected.to_dict()))


def test_compare_hands_its_options_on(run, models):
    options = {"pivot": 1, "left_out": 2, "input_set": [0, 3, 5], "weight": 0.5}
    expected = repsim_core.compare(*models, **options)
    arguments = ["--pivot=1", "--left-out=2", "--input-set=0,3,5", "--weight=0.5"]
    assert run("compare", "a.npz", "b.safetensors", *arguments) == (0, f"{expected}\n", "")
    sampled = repsim_core.compare(*models, num_samples=3, seed=4)
    assert run("compare", "a.npz", "b.safetensors", "--num-samples=3", "--seed=4")[1] == f"{sampled}\n"
    exact = repsim_core.compare(*models, input_set="exact")
    assert run("compare", "a.npz", "b.safetensors", "--input-set", "exact")[1] == f"{exact}\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["a.npz", "missing.npz"], "missing.npz"),
        (["a.npz", "text.npz"], "text.npz"),
        (["a.npz", "text.pkl"], "text.pkl"),
        (["a.npz", "other.npz"], "b"),
        (["a.npz", "b.safetensors", "--pivot", "5"], "pivot"),
        (["a.npz", "b.safetensors", "--input-set", "0,0,1"], "input_set"),
        (["a.npz", "b.safetensors", "--input-set", "0,x"], "--input-set"),
        (["a.npz", "b.safetensors", "--num-samples", "0"], "num_samples"),
        (["a.npz", "b.safetensors", "--weight", "nan"], "weight"),
        (["a.npz"], "B"),
    ],
)
def test_compare_refuses_what_it_cannot_use(run, models, arguments, complaint):
    Path("text.npz").write_text("no archive")
    Path("text.pkl").write_text("no archive")
    repsim_core.Representations(np.ones((3, 2)) + np.eye(3, 2), np.eye(4, 2)).save("other.npz")
    code, out, err = run("compare", *arguments)
    assert (code, out) == (2, "")
    assert complaint in err
