"""The book's records: what reading one needs, and where they say they come from."""

import json
import pkgutil
import re
import subprocess
import sys

import pytest
from places import ROOT

from repsim_core.studies.records import read_record

RECORDS = sorted((ROOT / "book" / "records").iterdir())


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
