"""A module with all that it imports, as one file."""

import subprocess

import pytest
from places import ROOT
from processes import HANG

from repsim_book.site.joined_modules import ENTRIES, joined
from repsim_book.site.mathematics import node

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


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_pages_modules_are_one_each(entry):
    text = joined(ROOT / "book" / "_static", entry)
    assert run(text, "console.log(typeof repsimModules.playground.start);") == "function"
