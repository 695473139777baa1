"""ES modules that a page imports, each with all that it imports in turn, as one file: a phone asks once.

The modules name what they import, `import { a, b as c } from "./other.js"`, and what they export. The files that they
are made of stay where they are.
"""

import posixpath
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repsim_book.paths import MODULES
from repsim_core.files import write_atomic

# Modules that pages ask for, in the folder of the pages' assets, each with the workers that it starts.
ENTRIES = {
    "play/playground.js": (),
    "own/page.js": ("own/worker.js",),
    "own/compute_here.js": ("own/chapter_worker.js",),
}
IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"(\.[^"]+)";\n?', re.MULTILINE)
EXPORTED = re.compile(r"^export\s+((?:async\s+)?function\*?|const|class)\s+(\w+)", re.MULTILINE)
# At the end of a file, as tools write it.
LIST = re.compile(r"\bexport\s*\{([^}]*)\};?\s*\Z")
# Whole lines of remarks, which stay in the modules themselves: a phone needs none.
REMARKS = re.compile(r"^[ \t]*(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/[ \t]*)\n", re.MULTILINE)
OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def write(app: Any, error: Exception | None) -> None:
    """Put the joined modules among the assets of a build that has succeeded."""
    if error is not None or app.builder.format != "html":
        return
    assets = Path(app.outdir) / "_static"
    for entry, workers in ENTRIES.items():
        if (assets / entry).is_file():
            text = joined(assets, entry, workers)
            write_atomic(Path(app.outdir) / MODULES / posixpath.basename(entry), text.encode())


def joined(folder: Path, entry: str, workers: Sequence[str] = ()) -> str:
    """A script that puts what the entry exports into `repsimModules`, by the entry's name; it imports nothing.

    A plain script, and no module: browsers import none from a page that is opened from a disk. Nor do they start a
    worker there but from text, so `repsimWorkers` gets a function that holds each worker's code.

    Args:
        folder: of all modules.
        entry: path of the module in it.
        workers: paths of the modules that are workers of this one.

    Raises:
        ValueError: naming the module that imports or exports in another way.
    """
    parts, last = _parts(folder, entry)
    own = [name for _, name in EXPORTED.findall((folder / entry).read_text(encoding="utf-8"))]
    exports = f"{{ {', '.join(f'{each}: {last}.{each}' for each in own)} }}"
    kept = f"(globalThis.repsimModules ??= {{}}).{_name(entry)} = {exports};"
    aside = [
        f'(globalThis.repsimWorkers ??= {{}}).{_name(worker)} = () => {{\n"use strict";\n'
        f"{''.join(_parts(folder, worker)[0])}}};\n"
        for worker in workers
    ]
    return f'(() => {{\n"use strict";\n{"".join([*aside, *parts])}{kept}\n}})();\n'


def _name(path: str) -> str:
    return posixpath.basename(path).removesuffix(".js")


def _parts(folder: Path, entry: str) -> tuple[list[str], str]:
    """A module and all that it imports, each as a constant that holds its exports; and the name of the last one."""
    parts: list[str] = []
    names: dict[str, str] = {}

    def add(file: str) -> str:
        """The name of a module's exports, which stand before those of whoever imports it."""
        if file not in names:
            text = REMARKS.sub("", (folder / file).read_text(encoding="utf-8"))
            place = posixpath.dirname(file)

            def imported(found: re.Match[str]) -> str:
                other = add(posixpath.normpath(posixpath.join(place, found[2])))
                return f"const {{{found[1].replace(' as ', ': ')}}} = {other};\n"

            own = [name for _, name in EXPORTED.findall(text)]
            listed = LIST.search(text)
            if listed:
                pairs = (each.split(" as ") for each in listed[1].split(",") if each.strip())
                own += [": ".join(part.strip() for part in reversed(pair)) for pair in pairs]
            body = EXPORTED.sub(r"\1 \2", LIST.sub("", IMPORT.sub(imported, text)))
            if left := OTHER.search(body):
                raise ValueError(f"{file}: found {left[0]!r}, expected names in braces from a file beside it")
            names[file] = f"module{len(names)}"
            parts.append(
                f"// {file}\nconst {names[file]} = (() => {{\n{body}return {{ {', '.join(own)} }};\n}})();\n"
            )
        return names[file]

    return parts, add(entry)
