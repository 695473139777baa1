"""Sweeps: a chapter executed over a grid of parameter values, and what came out, side by side.

A sweep's folder holds one folder for each run, `sweep.json` with the grid, and `comparison.ipynb` and `.html`, made
by the notebook `comparison.md`, beside this module, from what the runs kept.
"""

import itertools
import json
import math
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from repsim_book.chapters import Chapter, read_chapter, tags
from repsim_book.errors import ChapterError
from repsim_book.execution.batch import FinishedExecution, PlannedExecution, Planner, execute_all, to_execute
from repsim_book.execution.chapter import refuse_file, run_chapter, short_hash
from repsim_book.execution.results import extract_results
from repsim_book.parameters import written
from repsim_book.paths import RUNS
from repsim_core.errors import InputError, nearest
from repsim_core.files import to_json, write_atomic

if TYPE_CHECKING:
    import pandas as pd

GRID_FILE = "sweep.json"
# The notebook that compares the runs.
TEMPLATE = Path(__file__).with_name("comparison.md")
MOST_RUNS = 200


@dataclass(frozen=True)
class Sweep:
    """A finished sweep, as read from its folder.

    Attributes:
        chapter: its name.
        swept: values by parameter, in the order given.
        runs: one dict each: "label", "values" (of the swept parameters), "folder", "state" ("done" or "failed"),
            "message".
        notebooks: the executed notebooks by label; not of failed runs.
    """

    chapter: str
    swept: Mapping[str, list]
    runs: Sequence[Mapping[str, Any]]
    notebooks: Mapping[str, Any]

    def scalars(self) -> "pd.DataFrame":
        """What the runs kept as scalars: a row a run, first the swept parameters, then a column each."""
        import pandas as pd

        kept = {label: extract_results(notebook)[0] for label, notebook in self.notebooks.items()}
        return pd.DataFrame([{**self._shown(run), **kept[run["label"]]} for run in self._done()])

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Each table that the runs kept, of all runs one below the other, the swept parameters in front."""
        import io

        import pandas as pd

        parts: dict[str, list[pd.DataFrame]] = {}
        for run in self._done():
            for name, text in extract_results(self.notebooks[run["label"]])[1].items():
                table = pd.read_csv(io.StringIO(text))
                for place, (parameter, value) in enumerate(self._shown(run).items()):
                    table.insert(place, f"{parameter} (set)" if parameter in table else parameter, value)
                parts.setdefault(name, []).append(table)
        return {name: pd.concat(each, ignore_index=True) for name, each in sorted(parts.items())}

    def drawings(self) -> list[dict[str, str]]:
        """The figures of the runs: for each place in the chapter the HTML by run."""
        found: list[dict[str, str]] = []
        for run in self._done():
            own = [
                output["data"]["text/html"]
                for cell in self.notebooks[run["label"]].cells
                for output in cell.get("outputs", [])
                if "<svg" in output.get("data", {}).get("text/html", "")
            ]
            for place, drawing in enumerate(own):
                if place == len(found):
                    found.append({})
                found[place][run["label"]] = drawing
        return found

    def _done(self) -> list[Mapping[str, Any]]:
        return [run for run in self.runs if run["state"] == "done"]

    def _shown(self, run: Mapping[str, Any]) -> dict[str, object]:
        """The swept values as a table can hold them: lists as they are written."""
        return {
            name: written(value) if isinstance(value, list) or value is None else value
            for name, value in run["values"].items()
        }


def read_grid(chapter: Chapter, texts: Sequence[str]) -> dict[str, list[object]]:
    """The values of `--sweep NAME=V1,V2,...` by parameter; those of a list are separated by `;`.

    Raises:
        InputError: naming the parameter, where it is unknown, given twice, or has fewer than two values, one twice
            or one of a wrong type.
    """
    swept: dict[str, list[object]] = {}
    for text in texts:
        name, sign, values = (part.strip() for part in text.partition("="))
        if not sign:
            raise InputError(f"--sweep {text}: expected NAME=VALUE,VALUE,...")
        if name not in chapter.parameters:
            raise InputError(
                f"--sweep: {name} is no parameter of {chapter.name}; {nearest(name, chapter.parameters)}"
            )
        if name in swept:
            raise InputError(f"--sweep: {name} is given twice")
        parameter = chapter.parameters[name]
        is_list = parameter.type.startswith("list")
        if is_list and ";" not in values:
            raise InputError(
                f"--sweep {name}: its values are lists; separate them by `;`, as in {name}=[1,2];[1,2,3]"
            )
        given = [parameter.convert(value.strip()) for value in values.split(";" if is_list else ",")]
        if len(given) < 2 or any(value in given[:place] for place, value in enumerate(given)):
            raise InputError(f"--sweep {name}: found {values}, expected two or more different values")
        swept[name] = given
    runs = math.prod(map(len, swept.values()))
    if runs > MOST_RUNS:
        raise InputError(f"--sweep: found a grid of {runs} runs, expected at most {MOST_RUNS}")
    return swept


def sweep_directory(chapter: Chapter, given: Mapping[str, object], swept: Mapping[str, list]) -> Path:
    """`runs/NN_name-sweep-<8 hex digits>` of the parameters, under the current folder.

    The values that are swept over do not count: a sweep with a value more finds the runs that are there.
    """
    return RUNS / f"{chapter.name}-sweep-{short_hash([dict(given), sorted(swept)])}"


def run_sweep(
    root: Path,
    chapter: Chapter,
    given: Mapping[str, object],
    swept: Mapping[str, list],
    directory: Path,
    *,
    jobs: int = 2,
) -> tuple[Path, list[str]]:
    """Execute the chapter for every combination of values, and compare the runs; progress goes to stderr.

    Runs that are in the folder already, made from the same code and values, are not repeated; a failed run does not
    stop the others.

    Args:
        root: the book's folder.
        chapter: what to execute.
        given: values of other parameters, by name.
        swept: from `read_grid`.
        directory: the sweep's folder.
        jobs: runs side by side.

    Returns:
        The executed notebook of the comparison, and the messages of the runs that failed.

    Raises:
        InputError: a combination is impossible; nothing was executed.
        ChapterError: all runs failed.
    """
    planner, planned = Planner(), {}
    for combination in itertools.product(*swept.values()):
        own = dict(zip(swept, combination, strict=True))
        values = chapter.values({**given, **own})
        label = ", ".join(f"{name} = {written(value)}" for name, value in own.items())
        planned[label] = (own, planner.plan(label, chapter, values, directory / _folder(own)))
    refuse_file(directory)
    directory.mkdir(parents=True, exist_ok=True)  # where that is impossible, nothing is executed
    stale = to_execute([each for _, each in planned.values()])
    report = _Progress(len(stale), len(planned))
    finished = execute_all(stale, at_once=jobs, strict=False, report=report)
    runs = [
        {
            "label": label,
            "values": own,
            "folder": each.folder.name,
            "state": "failed" if label in finished and finished[label].failed else "done",
            "message": finished[label].said if label in finished else "",
        }
        for label, (own, each) in planned.items()
    ]
    write_atomic(
        directory / GRID_FILE, to_json({"chapter": chapter.name, "swept": dict(swept), "runs": runs}).encode()
    )
    failures = [f"{run['label']}: {run['message']}" for run in runs if run["state"] == "failed"]
    if len(failures) == len(runs):
        raise ChapterError("every run failed\n" + "\n".join(failures))
    comparison = run_chapter(
        read_chapter(TEMPLATE), {"folder": str(directory.resolve()), "most": 12}, directory / "comparison"
    )
    _hide_parameters(comparison.notebook)
    return comparison.notebook, failures


def _hide_parameters(path: Path) -> None:
    """Mark the cell that papermill has put in, which names a folder of this machine, as none for the page."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "injected-parameters" in tags(cell):
            cell.metadata.tags.append("remove-cell")
    write_atomic(path, nbformat.writes(notebook).encode())


def read_sweep(directory: Path) -> Sweep:
    """A sweep from its folder.

    Raises:
        InputError: there is none, or its file is damaged, or a run's notebook is not there.
    """
    import nbformat

    path = directory / GRID_FILE
    try:
        grid = json.loads(path.read_text(encoding="utf-8"))
        chapter, runs = grid["chapter"], grid["runs"]
        notebooks = {
            run["label"]: nbformat.read(directory / run["folder"] / f"{chapter}.ipynb", as_version=4)
            for run in runs
            if run["state"] == "done"
        }
        return Sweep(chapter, {name: grid["swept"][name] for name in runs[0]["values"]}, runs, notebooks)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(f"folder: {path} is not of a finished sweep: {error}") from error


class _Progress:
    """A line for each run that has ended, with the time left."""

    def __init__(self, stale: int, all_runs: int) -> None:
        self.left, self.done, self.began = stale, 0, time.perf_counter()
        if stale < all_runs:
            print(f"{all_runs - stale} of {all_runs} runs are there already", file=sys.stderr)

    def __call__(self, planned: PlannedExecution, finished: FinishedExecution) -> None:
        self.left, self.done = self.left - 1, self.done + 1
        seconds = (time.perf_counter() - self.began) / self.done * self.left
        state = "failed" if finished.failed else "done"
        rest = f"; {self.left} left, about {seconds:.0f} s" if self.left else ""
        print(f"{planned.name}: {state}, {finished.seconds:.0f} s{rest}", file=sys.stderr)


def _folder(values: Mapping[str, object]) -> str:
    """A run's folder: legible, and another for each combination."""
    plain = re.sub(r"[^\w.+-]+", "-", "_".join(f"{name}-{written(value)}" for name, value in values.items()))
    return f"{plain.strip('-')[:60]}-{short_hash(dict(values))}"
