"""Tables that are computed from records: written, read, and refused where they have changed."""

import pandas as pd
import pytest

from repsim_core.errors import RecordError
from repsim_core.studies.derived import read_derived, write_derived


@pytest.fixture
def folder(tmp_path):
    tables = {"one": pd.DataFrame({"x": [1.23456789, 2.0]}), "two": pd.DataFrame({"name": ["a"], "n": [3]})}
    write_derived(
        tmp_path / "new",
        tables,
        computed={"function": "repsim_core.compare"},
        sources={"width": "ab"},
        digits=4,
        commit="1234567",
    )
    return tmp_path / "new"


def test_what_is_written_is_read(folder):
    found = read_derived(folder)
    assert found.tables["one"]["x"].tolist() == [1.235, 2.0]
    assert found.tables["two"].to_dict("records") == [{"name": "a", "n": 3}]
    assert found.provenance["sources"] == {"width": "ab"}
    assert found.provenance["significant_digits"] == 4
    assert {"python", "torch", "machine"} <= found.provenance["environment"].keys()


def test_what_has_changed_is_missing_or_is_no_record_is_refused(folder):
    path = folder / "one.csv"
    path.write_bytes(path.read_bytes() + b"3\n")
    with pytest.raises(RecordError, match=r"^record: .*one\.csv has changed since it was recorded"):
        read_derived(folder)
    path.unlink()
    with pytest.raises(RecordError, match=r"^record: there is no file .*one\.csv"):
        read_derived(folder)
    for text in ("{", "[]", "{}"):
        (folder / "provenance.json").write_text(text)
        with pytest.raises(RecordError, match=r"^record: .*provenance\.json cannot be read"):
            read_derived(folder)
