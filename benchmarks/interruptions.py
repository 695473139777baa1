"""Interrupt a run, a sweep, a book and a study at random moments: what is left, and what the same command gives then.

    python benchmarks/interruptions.py                       # twenty moments of each, five of each signal
    python benchmarks/interruptions.py sweep --times 4

After each: the exit code, the processes of the command that are still there (found by a mark in their environment;
after SIGKILL they have some seconds), what is left in the temporary folder, which is the command's own, unfinished
files, and whether the same command, typed again, ends as one that nobody interrupted. Linux only.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "tests" / "fixtures" / "book"
MARK = "REPSIM_INTERRUPTIONS"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
# Seconds for what the command has started: after SIGKILL, which nobody can answer, to notice; else for a helper of
# Python's own that ends when it finds its pipe closed.
PATIENCE, MOMENT = 15.0, 2.0
STUDY = ["study", "width", "--grid", "smoke", "--variant", "free", "--jobs", "2", "--out", "out"]
COMMANDS = {
    "run": ["run", "02", "--root", "book", "-p", "count=5", "--out", "out"],
    "sweep": ["run", "02", "--root", "book", "--sweep", "count=3,4,5", "--out", "out"],
    "book": ["book", "--root", "book"],
    "study": [*STUDY, "--cache", "cache"],
}
# Of what each leaves, the files that have to be equal; dates, seconds and places are in others.
RESULTS = {
    "run": ["out/results/*"],
    "sweep": ["out/*/results/*"],
    "book": ["book/_build/html/_static/results/*/*"],
    "study": ["out/*.csv", "cache/*"],
}


def prepared(folder: Path) -> Path:
    """An empty place with a book of one chapter."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(BOOK, folder / "book", ignore=shutil.ignore_patterns("_build"))
    (folder / "tmp").mkdir()
    return folder


def started(kind: str, folder: Path) -> subprocess.Popen[bytes]:
    """The command, in a session of its own as a terminal gives it."""
    environment = {**os.environ, MARK: str(folder), "TMPDIR": str(folder / "tmp"), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "repsim_book", *COMMANDS[kind]],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "said").open("ab"),
        start_new_session=True,
    )


def results(kind: str, folder: Path) -> dict[str, bytes]:
    """The files that have to be equal, by path."""
    found = (path for pattern in RESULTS[kind] for path in folder.glob(pattern))
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in found
        if path.is_file() and not path.name.startswith(".")
    }


def marked(folder: Path) -> Iterator[int]:
    """The processes that the command has started, itself included."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={folder}\0".encode() in (entry / "environ").read_bytes() and _alive(entry):
                yield int(entry.name)
        except OSError:
            continue


def _alive(entry: Path) -> bool:
    return (entry / "stat").read_text().rpartition(") ")[2][0] != "Z"


def left_over(folder: Path, patience: float) -> list[str]:
    """What an interrupted command has left."""
    deadline = time.monotonic() + patience
    while (alive := list(marked(folder))) and time.monotonic() < deadline:
        time.sleep(0.1)
    found = [f"process {pid}: {Path(f'/proc/{pid}/cmdline').read_bytes()[:120]}" for pid in alive]
    found += [f"temporary: {path.name}" for path in (folder / "tmp").iterdir()]
    unfinished = [path for path in folder.rglob(".part-*") if folder / "tmp" not in path.parents]
    found += [f"unfinished: {path.relative_to(folder)}" for path in unfinished]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kinds", nargs="*", default=list(COMMANDS), help=", ".join(COMMANDS))
    parser.add_argument("--times", type=int, default=20, help="moments of each")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance, bad = random.Random(options.seed), 0
    for number in SIGNALS[
        :3
    ]:  # a shell starts what it puts in the background deaf to some, and so would be its children
        signal.signal(number, signal.SIG_DFL)
    with tempfile.TemporaryDirectory(prefix="interruptions-") as name:
        for kind in options.kinds:
            folder = prepared(Path(name) / kind)
            begun = time.perf_counter()
            assert started(kind, folder).wait() == 0, (folder / "said").read_text()
            seconds, expected = time.perf_counter() - begun, results(kind, folder)
            print(f"{kind}: {seconds:.1f} s, {len(expected)} files")
            for number in range(options.times):
                number_of = SIGNALS[number % len(SIGNALS)]
                folder, moment = prepared(Path(name) / kind), chance.uniform(0.02, 0.7) * seconds
                process = started(kind, folder)
                time.sleep(moment)
                process.send_signal(number_of)
                code = process.wait()
                killed = number_of == signal.SIGKILL
                left = left_over(folder, PATIENCE if killed else MOMENT)
                again = started(kind, folder).wait()
                equal = results(kind, folder) == expected
                # Before the command has set out, and after it has ended, signals do what they do to any process.
                wanted = {0, -number_of} if killed or moment < 1 else {0, 128 + number_of}
                wanted |= {128 + number_of} - {137}
                fine = not left and again == 0 and equal and code in wanted
                bad += not fine
                print(
                    f"  {number_of.name:<8} at {moment:5.1f} s: exit {code:4}, then {again}, "
                    f"{'equal' if equal else 'DIFFERENT'}, left: {'; '.join(left) or 'nothing'}"
                    + ("" if fine else "   <---"),
                    flush=True,
                )
    print("every one as it should be" if not bad else f"{bad} not as they should be")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
