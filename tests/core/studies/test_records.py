"""The book's records: what reading one needs, and where they say they come from."""

import json
import pkgutil
import re
import subprocess
import sys

import pytest
from places import ROOT

from repsim_core.studies.derived import checksum_of, read_derived
from repsim_core.studies.records import read_record

FOLDERS = sorted((ROOT / "book" / "records").iterdir())
KEYS = {folder: json.loads((folder / "provenance.json").read_text()).keys() for folder in FOLDERS}
# Some are of a study, others tables that were computed from these.
RECORDS = [folder for folder in FOLDERS if "study" in KEYS[folder]]
DERIVED = [folder for folder in FOLDERS if "sources" in KEYS[folder]]


@pytest.mark.parametrize("folder", RECORDS, ids=lambda folder: folder.name)
def test_a_record_says_how_it_was_computed(folder):
    provenance = read_record(folder).provenance
    if not provenance["commands"]:
        measured = provenance["trained"]
        assert callable(pkgutil.resolve_name(measured["measured"]))
        assert re.fullmatch(r"[0-9a-f]{7,}\+?", measured["commit"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", measured["date"])
    for command in provenance["commands"]:
        assert command["typed"].startswith("repsim study ")
        assert re.fullmatch(r"[0-9a-f]{7,}\+?", command["commit"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", command["date"])
    assert {"python", "torch", "numpy", "protocol", "machine"} <= provenance["environment"].keys()
    assert json.loads((folder / "provenance.json").read_text()) == provenance


@pytest.mark.parametrize("folder", DERIVED, ids=lambda folder: folder.name)
def test_computed_tables_say_by_what_and_from_what(folder):
    provenance = read_derived(folder).provenance
    assert callable(pkgutil.resolve_name(provenance["computed"]["function"]))
    assert re.fullmatch(r"[0-9a-f]{7,}\+?", provenance["commit"])
    for name, checksum in provenance["sources"].items():
        if (folder.parent / name).is_dir():
            assert checksum_of(folder.parent / name / "provenance.json") == checksum


def test_a_width_record_is_read_without_images_and_recipes():
    code = f"""
import sys
from pathlib import Path
from repsim_core.studies.records import read_record
record = read_record(Path({str(ROOT)!r}) / "book" / "records" / "width")
assert len(record.study.groups) + len(record.provenance["missing"]) == 50
strangers = ["datasets.cifar", "datasets.images", "datasets.loading", "training.recipes", "studies.images"]
print([name for name in strangers if f"repsim_core.{{name}}" in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
