"""The page about the records says what is in them."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest
from places import ROOT
from safetensors import safe_open

from repsim_core.datasets.tabular import radial
from repsim_core.studies.derived import read_derived
from repsim_core.studies.records import read_record
from repsim_core.studies.stored_representations import FILE, read_representations
from repsim_core.studies.training_steps import FILE as STEPS_FILE
from repsim_core.studies.units import PAIR_MEASURES, SETS

PAGE = (ROOT / "book" / "records.md").read_text(encoding="utf-8")
FOLDER = ROOT / "book" / "records"
RECORDS = sorted(folder.name for folder in FOLDER.iterdir())
KEYS = {name: json.loads((FOLDER / name / "provenance.json").read_text()).keys() for name in RECORDS}
# Some are of a study, others tables that were computed from these.
STUDIES = [name for name in RECORDS if "study" in KEYS[name]]
DERIVED = [name for name in RECORDS if "sources" in KEYS[name]]
# Bytes: a clone of the repository fetches every version of every file.
LARGEST = 4_000_000
# Which has no representations.
AUTHORS = "authors-radial"


def described(heading: str) -> set[str]:
    """The names in the first column of the table below a heading."""
    section = re.split(f"\n## `?{re.escape(heading)}`?", PAGE)[1].partition("\n## ")[0]
    first_cells = (line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))
    return {name for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_and_file_is_named_and_small(record):
    assert f"| `{record}` |" in PAGE
    for path in (FOLDER / record).iterdir():
        assert f"## `{path.name}`" in PAGE
        assert path.stat().st_size < LARGEST


@pytest.mark.parametrize("table", ["models.csv", "pairs.csv"])
def test_every_column_is_described_and_no_other(table):
    columns = set()
    for record in STUDIES:
        with (FOLDER / record / table).open(newline="") as file:
            columns |= set(next(csv.reader(file)))
    assert columns == described(table)


def test_every_measure_of_a_new_record_is_described():
    assert {*PAIR_MEASURES, *SETS} <= described("pairs.csv")


@pytest.mark.parametrize("record", [name for name in STUDIES if name != AUTHORS])
def test_every_array_is_described(record):
    with safe_open(FOLDER / record / FILE, "np") as file:
        names = {re.sub(r"^.*/", "GROUP/", name) for name in file.keys()}  # noqa: SIM118, no mapping
    assert names - {"labels"} <= described(FILE)


def test_every_array_of_the_steps_is_described_and_no_other():
    with safe_open(FOLDER / "cifar10-paper" / STEPS_FILE, "np") as file:
        names = {re.sub(r"^.*/", "GROUP/", name) for name in file.keys()}  # noqa: SIM118, no mapping
    assert names == described(STEPS_FILE)


@pytest.mark.parametrize("record", DERIVED)
def test_computed_tables_are_described(record):
    found = read_derived(FOLDER / record)
    for name, table in found.tables.items():
        assert set(table.columns) <= described(f"{name}.csv")
    assert found.provenance.keys() == described("Provenance of computed tables")


@pytest.mark.parametrize("record", STUDIES)
def test_every_key_of_the_provenance_is_described(record):
    provenance = json.loads((FOLDER / record / "provenance.json").read_text())
    assert provenance.keys() | {"trained"} == described("provenance.json")
    assert ("trained" in provenance) == (record in ("cifar10-paper", "cifar10-paper-batches", AUTHORS))


def test_the_lines_that_read_a_record_work(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict = {}
    exec(code, names)
    assert "d_LLV" in capsys.readouterr().out
    assert len(names["record"].pairs) > 1000


def test_the_points_of_the_width_record_are_those_that_the_page_says():
    record = read_record(FOLDER / "width")
    for group, stored in read_representations(FOLDER / "width", record).items():
        labels = radial(group.classes, 2_000, seed=1).labels[:400].numpy()
        assert set(labels) == set(range(group.classes))
        for model in stored.models.values():
            np.testing.assert_array_equal(model.labels, labels)


def test_what_is_stored_of_the_networks_gives_what_is_recorded_of_them():
    """On 400 points of 2,000, hence roughly."""
    record = read_record(FOLDER / "width")
    recorded = record.models.set_index(["classes", "width", "variant", "seed"])["test_accuracy"].sort_index()
    for group, stored in read_representations(FOLDER / "width", record).items():
        own = recorded.loc[group.classes, group.width, group.variant]
        gaps = [model.accuracy() - own.loc[seed] for seed, model in stored.models.items()]
        assert abs(np.median(gaps)) < 0.02
