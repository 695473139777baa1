"""The trained pair of the playground is the record's."""

from places import ROOT

from repsim_book.trained_pair import CLOSE, FILE, text, trained_pair


def test_the_file_has_what_the_record_has():
    found = trained_pair(ROOT)
    assert (ROOT / FILE).read_text("utf-8") == text(found)
    assert {len(values) for values in found["f"]} == {2 * len(found["of"])}
    assert len(found["of"]) <= 500
    assert 0 < CLOSE < 0.06
