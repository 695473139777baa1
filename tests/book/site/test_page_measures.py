"""The measures that pages compute by themselves are those of the core, to rounding."""

import json
import subprocess

import pytest
from page_measures import ASK, apart, asked, measured, pairs
from places import ROOT
from processes import HANG

from repsim_book.formulas import node

MEASURES = ROOT / "book" / "_static" / "measures"
QUIET = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"


def in_node(script: str, given: object) -> object:
    """What a function of the modules `compare.js` and `model.js` and of one value returns."""
    program = f"""
import * as model from "{(MEASURES / "model.js").as_uri()}";
import * as compared from "{(MEASURES / "compare.js").as_uri()}";
const given = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(({script})({{ ...model, ...compared }}, given)));
"""
    done = subprocess.run(
        [node(), QUIET, "--input-type=module", "--eval", program],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def answers(mathematics_only):
    """By the name of each pair: what the core measures, and what Node does."""
    cases = pairs()
    found = {name: measured(*case) for name, case in cases.items()}
    results = in_node(ASK, [asked(*case, found[name]) for name, case in cases.items()])
    return {name: (found[name], result) for name, result in zip(cases, results, strict=True)}


@pytest.mark.parametrize("name", pairs())
def test_the_page_measures_what_the_core_does(answers, name):
    assert apart(*answers[name]) == {}
