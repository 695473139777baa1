"""A module with all that it imports, as one file."""

import subprocess

import pytest
from places import ROOT
from processes import HANG

from repsim_book.formulas import node
from repsim_book.site.joined_modules import ENTRIES, joined

MODULES = {
    "entry.js": 'import { add, two as second } from "./parts/sums.js";\n'
    "export async function start() { return add(second, one); }\nconst one = 1;\n",
    "parts/sums.js": 'import { unit } from "../unit.js";\nexport function add(a, b) { return unit * (a + b); }\n'
    'import {\n  unit as other,\n} from "../unit.js";\nexport const two = other + 1;\nexport class Unused {}\n',
    "unit.js": "/* export { none }; */\nvar u=1,v=2;function f(){}export{u as unit,f};\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in MODULES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def run(text: str, last: str) -> str:
    done = subprocess.run(
        [node(), "--input-type=module"], input=text + last, capture_output=True, text=True, timeout=HANG
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_entry_does_what_it_did(folder):
    text = joined(folder, "entry.js")
    assert "import" not in text
    assert "export" not in text.replace("/* export", "")
    assert run(text, "console.log(await repsimModules.entry.start());") == "3"


def test_another_way_to_import_is_refused(folder):
    (folder / "unit.js").write_text('import all from "./other.js";\nexport const unit = 1;\n')
    with pytest.raises(ValueError, match=r"unit\.js: found 'import all"):
        joined(folder, "entry.js")


def test_a_worker_is_code_that_answers(folder):
    (folder / "worker.js").write_text(
        'import { add } from "./parts/sums.js";\nonmessage = ({ data }) => postMessage(add(data, 1));\n'
    )
    text = joined(folder, "entry.js", ["worker.js"])
    alone = """
    const code = `(${repsimWorkers.worker})();`;
    let answer = null;
    const scope = { onmessage: null, postMessage: (value) => { answer = value; } };
    new Function("scope", `with (scope) { ${code.replace('"use strict";', "")} }`)(scope);
    scope.onmessage({ data: 4 });
    console.log(answer);
    """
    assert run(text, alone) == "5"


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_pages_modules_are_one_each(entry):
    """A page has what each script needs; without one it says what is missing, and nothing else."""
    text = joined(ROOT / "book" / "_static", entry, ENTRIES[entry])
    name = entry.rpartition("/")[2].removesuffix(".js")
    page = f"globalThis.document = {{ getElementById: () => null }};\ntry {{ {text} }} catch {{}}\n"
    made = run(
        page,
        "console.log(Object.keys(globalThis.repsimModules ?? {}), Object.keys(globalThis.repsimWorkers ?? {}));",
    )
    assert (name in made) == (name != "page")  # which looks for its form at once
    for worker in ENTRIES[entry]:
        assert worker.rpartition("/")[2].removesuffix(".js") in made
