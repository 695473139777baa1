"""What the book says agrees with what it computed, and sentences that were found wrong do not come back."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import yaml
from bs4 import BeautifulSoup, SoupStrainer
from places import ROOT

from repsim_core.measures.circular_orders import petal_angles
from repsim_core.studies.cifar10.pairs import closer_half, measured_pairs, shown_pair, with_gaps
from repsim_core.studies.records import read_record
from repsim_core.studies.stored_representations import read_representations

ERRATA = ROOT / "book" / "errata.md"
TEXTS = sorted(
    path
    for pattern in (
        "README.md",
        "benchmarks/README.md",
        "book/*.md",
        "notebooks/**/*.md",
        "repsim_core/**/*.py",
        "repsim_book/**/*.py",
    )
    for path in ROOT.glob(pattern)
    if path != ERRATA  # quotes them
)

# Each was false, misleading or without support; book/errata.md says why.
WITHDRAWN = [
    r"disagrees?\*{0,2} with the paper's statement",
    r"paper asks whether the trend",
    r"not continuous there",
    r"nothing follows",
    r"(divergence|it|d_\{?\\?m?a?t?h?r?m?\{?KL\}*\$?) says nothing about (representations|features)",
    r"what drives the trend",
    r"(cannot|not) be linearly related, however",
    r"only the random seed differs",
    r"the images have a say",
    r"unembedding lies in the direction of its petal",
    r"unembedding in the same direction",
    r"until both make nearly the same predictions\. ",
    r"no \{?dim \+ 1\}? inputs reach",
    r"times the least possible term",
    r"dimension of the representations, at most",
    r"\\frac\{?2\}?\{?\\tau\^2",
    r"the converse fails",
    r"more classes trade places",
    r"which distance predicts dissimilarity",
    r"fixed norms \| Width \| \*\*disagrees",
    r"(nominal\*? )?95 ?% (confidence )?interval",
    r"\bnominal\b",
    r"nothing else is missing",
    r"training time does not explain",
    r"fewer steps leave networks further apart",
    r"remove a term, and",
    r"so there is no such matrix",
    r"every autoregressive language model",
    r"paper chose it",
    r"indispensable",
    r"a long line ends near the origin",
    r"sharpens petals that stand where they stand",
    r"code in the package has been tested on the CPU alone",
]


def said(path: Path) -> str:
    """The text of a file in one line, as a reader sees it: no line breaks, no quotation marks of code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py" or "code-cell" in text:
        text = re.sub(r'"\s*\n\s*f?"', "", text)
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("claim", WITHDRAWN)
def test_a_withdrawn_claim_stands_nowhere(claim):
    found = {
        path.relative_to(ROOT).as_posix(): match.group()
        for path in TEXTS
        if (match := re.search(claim, said(path), re.IGNORECASE))
    }
    assert found == {}


@pytest.fixture(scope="module")
def kept(book) -> dict[str, dict]:
    """The scalars that each chapter kept, by chapter."""
    files = (book.parent / "executed" / "smoke").glob("*/results/results.json")
    return {path.parts[-3]: json.loads(path.read_text()) for path in files}


# -- both directions of d_KL -----------------------------------------------------------------------------------------


def test_tables_and_figures_with_d_kl_have_both_directions(book):
    files = sorted((book.parent / "executed" / "smoke").glob("*/results/**/*.csv"))
    seen = 0
    for path in files:
        with path.open(newline="") as file:
            header = next(csv.reader(file))
        names = {name.casefold().replace(" ", "_") for name in header}
        if "d_kl" in names:
            seen += 1
            assert "d_kl_reverse" in names or "measures.csv" in path.name, path
    assert seen > 10


def test_pages_show_both_directions_wherever_they_show_one(book):
    seen = 0
    for page in sorted((book / "notebooks").glob("0*.html")):
        tables = BeautifulSoup(page.read_text(), "html.parser", parse_only=SoupStrainer("table"))
        for table in tables.find_all("table"):
            cells = [cell.get_text().strip() for cell in table.select("th, td")]
            if any(cell == "dKL" for cell in cells):
                seen += 1
                beside_the_papers = "their code" in cells  # which has the one direction
                assert beside_the_papers or "dKL reverse" in cells, (page.name, cells[:12])
            assert ("dKL(a, b), nats" in cells) == ("dKL(b, a), nats" in cells), page.name
    assert seen >= 6


# -- what is shown ---------------------------------------------------------------------------------------------------


def test_the_pair_on_images_has_both_gaps_below_the_median(kept):
    found = kept["03_cifar10"]
    for gap in ("loss_gap", "accuracy_gap"):
        assert found[f"pair_{gap}"] <= found[f"median_{gap}"]
    for name in ("d_kl", "d_kl_reverse"):
        assert 1 <= found[f"pair_{name}_rank"] <= 45


def test_petals_lie_in_the_normal_cones_of_their_unembeddings(kept):
    assert kept["03_cifar10"]["petal_in_cone_share"] == 1


@pytest.fixture(scope="module")
def by_the_fast_recipe() -> dict[str, object]:
    """What the errata say of the networks that the chapter was about before."""
    folder = ROOT / "book" / "records" / "cifar10"
    record = read_record(folder)
    models = {group.dim: stored.models for group, stored in read_representations(folder, record).items()}
    pairs = with_gaps(measured_pairs(record, models), record.models)
    plane = pairs[pairs["dim"] == 2].reset_index(drop=True)
    shown = shown_pair(plane)
    found = {f"pair_{name}": shown[name] for name in ("seed_a", "seed_b", "loss_gap", "mean_cca")}
    for name in ("d_kl", "d_kl_reverse"):
        found[f"pair_{name}_rank"] = plane[name].rank(method="min")[shown.name]
    petals = [petal_angles(model) for model in models[2].values()]
    angles = np.concatenate([each.angle for each in petals])
    found |= {"petal_angle_mean": angles.mean(), "petal_angle_largest": angles.max()}
    found["petal_nearest_share"] = np.concatenate([each.nearest for each in petals]).mean()
    found["close_and_dissimilar"] = [
        (m, int((half["mean_cca"] < 0.9).sum()), len(half))
        for m, own in pairs.groupby("dim")
        for half in [closer_half(own)]
    ]
    unlike = plane[plane["mean_cca"] < 0.9]
    ends = [{a, b} for a, b in unlike[["seed_a", "seed_b"]].to_numpy().tolist()]
    found["in_all_unlike"] = set.intersection(*ends)
    return found


def test_the_errata_have_the_numbers_of_the_records(kept, by_the_fast_recipe):
    """They are written out there, so that a book with other parameters does not change what was wrong."""
    images, width = by_the_fast_recipe, kept["05_width"]
    of_images = {
        r"seeds (\d) and (\d): losses": ("pair_seed_a", "pair_seed_b"),
        r"number (\d+) and number (\d+) of 45": ("pair_d_kl_rank", "pair_d_kl_reverse_rank"),
        r"losses (0\.\d{3}) nats apart, mean CCA (0\.\d{3})": ("pair_loss_gap", "pair_mean_cca"),
        r"(\d\d) degrees apart on average and up to (\d\d)": ("petal_angle_mean", "petal_angle_largest"),
    }
    text = said(ERRATA)
    for pattern, names in of_images.items():
        match = re.search(pattern, text)
        assert match, pattern
        for quoted, name in zip(match.groups(), names, strict=True):
            digits = len(quoted.partition(".")[2])
            assert float(quoted) == pytest.approx(images[name], abs=0.51 * 10**-digits), name
    assert images["close_and_dissimilar"] == [(2, 0, 20), (3, 15, 23), (5, 0, 19)]
    for part in ("none of 20 with $M = 2$", "15 of 23 with $M = 3$", "none of 19 with $M = 5$"):
        assert part in text
    assert images["in_all_unlike"] == {7}
    assert f"nearest one in {images['petal_nearest_share']:.0%}".replace("%", " %") in text
    if not width["record_missing_groups"]:
        quoted = re.search(r"accounts for (.*?) of the fall of mean", text)
        assert quoted is not None
        assert shares_of_the_mix(quoted.group(1)) == shares_of_the_mix(width["mix_shares"])


def shares_of_the_mix(words: str) -> dict[str, str]:
    """By K, in words such as "10 % [-10, 35] for K = 4", of a table or of prose."""
    found = re.findall(r"(−?\d+) ?%(?: \[[^]]*\])? for \$?K = (\d+)", words)
    return {count: share for share, count in found}


def test_the_readme_has_the_numbers_of_the_records(kept):
    readme = said(ROOT / "README.md")
    images, width = kept["03_cifar10"], kept["05_width"]
    for text in (
        f"losses {images['pair_loss_gap']:.3f} apart",
        f"mean CCA of {images['pair_mean_cca']:.3f}",
        f"d_KL of {images['pair_d_kl']:.2f} and {images['pair_d_kl_reverse']:.2f} nats",
    ):
        assert text in readme, text
    if not width["record_missing_groups"]:
        shares = re.findall(r"(\d+)% (?:\[|for)", width["mix_shares"])
        quoted = re.search(r"accounts for (.*) % of the fall of mean d_LLV", readme)
        assert quoted is not None
        assert re.findall(r"(?:^|, |and )(\d+)(?= |$)", re.sub(r"\[[^]]*\]", "", quoted.group(1))) == shares
    for name, of_fast in (("loss", "loss_gap"), ("kl", "d_kl")):
        for words, count in ((images[f"{name}_relation"], 3), (images[f"variant_relation_{of_fast}"], 3)):
            numbers = re.findall(r"= \d: \+?(−?\d\.\d\d)", words)
            assert len(numbers) == count
            assert ", ".join(numbers) in readme, (name, numbers)
    assert images["decided_in_words"] in readme
    assert (
        f"Of {images['networks_of_both']} networks, the authors' and these, {images['two_orders_of_all']} have"
        in readme
    )

    which = kept["06_which"]
    assert f"{which['networks']} networks in {which['sets']} sets" in readme
    for rival in ("farther_kl", "ratio_distance"):
        assert which[f"tally_{rival}"] in readme, rival
    for measure in ("kl", "llv"):
        assert which[f"{measure}_by_k"] in readme, measure
    assert which["verdict_images"].startswith("ahead in 0 of 6 sets, behind in 0")
    for choice in ("label", "mean"):
        level = re.search(r"of 10 sets, .* not told apart in (\d+)", which[f"searched_beside_{choice}"])
        assert level is not None
        assert int(level[1]) >= 7, "the README says that the choice decides in 3 of 10 sets at most"


# -- what is said of the paper, of intervals, of versions --------------------------------------------------------------


def test_the_tables_of_the_papers_figures_have_no_row_on_the_trend_with_fixed_norms():
    report = (ROOT / "book" / "report.md").read_text()
    of_the_paper = report[
        report.index("## Tables and figures") : report.index("## Where this book goes beyond")
    ]
    readme = (ROOT / "README.md").read_text()
    first_table = readme[readme.index("| Of the paper |") : readme.index("| Beyond the paper |")]
    for table in (of_the_paper, first_table):
        rows = [row for row in table.splitlines() if re.search("fixed", row)]
        assert all("with the bound" in row or "fixed norms included" in row for row in rows), rows


def test_the_coverage_that_is_quoted_is_the_coverage_that_was_measured():
    text = (ROOT / "benchmarks" / "README.md").read_text()
    row = re.compile(r"^\| ([a-z ,]+) \| (\d+) \|((?: [\d.]+ \|){4})$", re.MULTILINE)
    found = {
        (name, int(n)): [round(100 * float(share)) for share in re.findall(r"[\d.]+", shares)]
        for name, n, shares in row.findall(text)
    }

    def several(*names: str, n: int = 10) -> str:
        every = [share for name in names for share in found[name, n]]
        return f"{min(every)} to {max(every)} %"

    width = said(ROOT / "notebooks" / "05_width.md")
    quoted = {
        "means": "mean",
        "slopes": "slope",
        "correlations": "correlation, close",
        "correlations of five widths": "correlation, five widths",
        "differences of correlations": "difference",
        "differences, five widths": "difference, five widths",
    }
    for words, name in quoted.items():
        for n in (10, 20):
            additive, norm, orders, tails = found[name, n]
            low, high = min(additive, norm, tails), max(additive, norm, tails)
            assert f"| {words} | {n} | {low} to {high} % | {orders} % |" in width
    additive, norm, orders, tails = found["slope", 5]
    low, high = min(additive, norm, tails), max(additive, norm, tails)
    beside = said(ROOT / "repsim_core" / "studies" / "width" / "beside_told.py")
    assert (
        f"held the true one in {low} to {high} % of the simulated studies, and in {orders} % where" in beside
    )
    differences = (*found["difference", 10], *found["difference, five widths", 20])
    which = said(ROOT / "notebooks" / "06_which.md")
    assert f"held the true one in {min(differences)} to {max(differences)} % of the cases" in which
    enough = [shares for (_, n), shares in found.items() if n >= 10]
    usual = [share for shares in enough for share in (*shares[:2], shares[3])]
    for path in ("README.md", "book/report.md", "repsim_core/measures/model_intervals.py"):
        assert f"in {min(usual)} to {max(usual)} % of the cases" in said(ROOT / path)
        assert f"in as few as {min(shares[2] for shares in enough)} % where" in said(ROOT / path)
    images = said(ROOT / "notebooks" / "03_cifar10.md")
    alone = several("correlation, close", "correlation, loose", "correlation, none")
    assert f"held it in {alone} of the cases" in images
    assert f"held the true one in {alone} of the simulated" in said(ROOT / "notebooks" / "07b_inputs.md")
    of_three = [several(f"mean {name} of three") for name in ("correlation", "difference")]
    probes = said(ROOT / "notebooks" / "07_transfer.md")
    assert (
        f"held the true mean in {of_three[0]} of the cases, and those of a difference in {of_three[1]}"
        in probes
    )
    over = dict(re.findall(r"^\| ([a-z ,]+ \| \d+) \| 0\.(\d\d) \|$", text, re.MULTILINE))
    shares = [over[f"share of the mix | {n}"] for n in (10, 20)]
    assert (
        f"in {shares[0]} % of the cases with ten networks a width and in {shares[1]} % with twenty" in width
    )
    (equal,) = {over[f"slope, equal order | {n}"] for n in (10, 20)}
    assert f"that of the slope among pairs of equal order in {equal} %" in width
    percentiles = re.findall(
        r"^\| mean \| \d+ \| [a-z ]+ \|(?: [\d.]+ \|){4} ([\d.]+) \|", text, re.MULTILINE
    )
    before = sorted(round(100 * float(share)) for share in percentiles)
    assert f"in {before[0]} to {before[-1]} % of the cases" in said(ERRATA)


def test_no_page_shows_an_interval_of_no_width(book):
    """That no network moves a figure when it is left out does not say how well the figure is known."""
    ends = re.compile(r"\[([+−-]?\d[\d.]*%?), \1\]|level \.95: ([+−-]?\d[\d.]*) to \2\b")
    no_text = re.compile(r"<(script|style|svg|pre)\b.*?</\1>|<[^>]+>", re.DOTALL)
    found = {}
    for page in sorted(book.glob("notebooks/*.html")):
        text = re.sub(r"\s+", " ", no_text.sub(" ", page.read_text()))
        if match := ends.search(text):
            found[page.name] = match.group()
    assert found == {}


def test_the_newest_version_of_the_errata_is_the_package_s(book):
    number = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == number
    versions = re.findall(r"^\| (\d+\.\d+\.\d+) \|", ERRATA.read_text(), re.MULTILINE)
    assert versions[0] == number
    assert versions == sorted(versions, key=lambda v: [*map(int, v.split("."))], reverse=True)
    assert f"Version {number}" in (book / "book" / "report.html").read_text()
    assert 'href="errata.html"' in (book / "book" / "report.html").read_text()
