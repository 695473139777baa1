"""Sweeps: a chapter executed over a grid of parameter values, and what came out, side by side.

A sweep's folder holds one folder for each run, `sweep.json` with the grid, and `comparison.ipynb` and `.html`, made
by the notebook `comparison.md`, beside this module, from what the runs kept.
"""

import itertools
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from repsim_book.chapters import Chapter, read_chapter
from repsim_book.claims import claimed
from repsim_book.errors import ChapterError
from repsim_book.execution.batch import PlannedExecution, Planner, Watcher, execute_all, to_execute
from repsim_book.execution.chapter import short_hash
from repsim_book.execution.results import extract_results
from repsim_book.parameters import find_parameter
from repsim_book.paths import RUNS
from repsim_core.errors import InputError
from repsim_core.files import to_json, write_atomic
from repsim_core.texts import BLANKS, parts, written

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

    Separators in quotes are part of a text.

    Raises:
        InputError: naming the parameter, where it is unknown, given twice, or has fewer than two values, one twice
            or one of a wrong type.
    """
    swept: dict[str, list[object]] = {}
    for text in texts:
        name, sign, values = (part.strip(BLANKS) for part in text.partition("="))
        if not sign:
            raise InputError(f"--sweep {text}: expected NAME=VALUE,VALUE,...")
        try:
            parameter = find_parameter(chapter.parameters, name, chapter.name)
        except InputError as error:
            raise InputError(f"--sweep: {error}") from None
        if name in swept:
            raise InputError(f"--sweep: {name} is given twice")
        texts_of_values = parts(values, ";" if parameter.is_list else ",")
        if parameter.is_list and len(texts_of_values) < 2:
            raise InputError(
                f"--sweep {name}: its values are lists; separate them by `;`, as in {name}=[1,2];[1,2,3]"
            )
        if "" in texts_of_values:
            raise InputError(
                f'--sweep {name}: found no value between separators; an empty text is written ""'
            )
        given = [parameter.convert(value) for value in texts_of_values]
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
    chapter: Chapter,
    given: Mapping[str, object],
    swept: Mapping[str, list],
    directory: Path,
    *,
    jobs: int = 2,
    command: str = "",
    cell_seconds: int | None = None,
    watcher: Watcher | None = None,
) -> tuple[Path, list[str]]:
    """Execute the chapter for every combination of values, and compare the runs.

    Runs that are in the folder already, made from the same code and values, are not repeated; a failed run does not
    stop the others.

    Args:
        chapter: what to execute.
        given: values of other parameters, by name.
        swept: from `read_grid`.
        directory: the sweep's folder.
        jobs: runs side by side.
        command, cell_seconds: as for `batch.execute_all`.
        watcher: is told how far things are.

    Returns:
        The executed notebook of the comparison, and the messages of the runs that failed.

    Raises:
        InputError: a combination is impossible, or the folder is in use; nothing was executed.
        ChapterError: all runs failed, or the comparison.
    """
    watcher, planner, planned = watcher or Watcher(), Planner(), {}
    for combination in itertools.product(*swept.values()):
        own = dict(zip(swept, combination, strict=True))
        values = chapter.values({**given, **{name: written(value) for name, value in own.items()}})
        label = ", ".join(f"{name} = {written(value)}" for name, value in own.items())
        planned[label] = (own, planner.plan(label, chapter, values, directory / _folder(own)))
    with claimed(directory):
        stale = to_execute([each for _, each in planned.values()])
        watcher.begins(stale, len(planned))
        options: Any = {"command": command, "cell_seconds": cell_seconds}
        finished = execute_all(stale, at_once=jobs, strict=False, watcher=watcher, **options)
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
        grid = {"chapter": chapter.name, "swept": dict(swept), "runs": runs}
        write_atomic(directory / GRID_FILE, to_json(grid).encode())
        failures = [f"{run['label']}: {run['message']}" for run in runs if run["state"] == "failed"]
        if len(failures) == len(runs):
            raise ChapterError("every run failed\n" + "\n".join(failures))
        template = read_chapter(TEMPLATE)
        folder = directory / "comparison"
        comparison = PlannedExecution("comparison", template, template.values({}), folder, place=directory)
        ended = execute_all([comparison], at_once=1, strict=False, command=command)["comparison"]
        if ended.failed:
            raise ChapterError(ended.said)
    return comparison.notebook, failures


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


def _folder(values: Mapping[str, object]) -> str:
    """A run's folder: legible, and another for each combination."""
    plain = re.sub(r"[^\w.+-]+", "-", "_".join(f"{name}-{written(value)}" for name, value in values.items()))
    return f"{plain.strip('-')[:60]}-{short_hash(dict(values))}"
