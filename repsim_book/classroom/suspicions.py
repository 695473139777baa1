"""What in a submission's code a person should look at: answers to these assignments need none of it.

It is read, not run, and whoever hides it is not found. No points depend on it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode
from nbgrader import utils

# Modules by which code reaches its process, the machine or the network.
_MODULES = re.compile(
    "IPython|aiohttp|asyncio|builtins|cffi|concurrent|ctypes|ftplib|gc|glob|http|httpx|importlib|inspect|ipykernel|"
    "jupyter_client|marshal|mmap|multiprocessing|nbgrader|os|pathlib|pickle|pty|pytest|repsim_book|requests|resource|"
    "shutil|signal|smtplib|socket|ssl|subprocess|sys|tempfile|threading|unittest|urllib|zmq"
)
_FUNCTIONS = re.compile(
    "__import__|breakpoint|compile|delattr|eval|exec|exit|get_ipython|globals|input|open|quit|setattr"
)
# Whose functions nobody has to replace: numpy.allclose = ...
_REPLACED = ("np", "numpy", "rc", "repsim_core", "math", "pd")
# Of `os`, what tells where and on what one is.
_HARMLESS = ("os.path", "os.environ.get", "os.getcwd", "os.cpu_count", "os.sep")
_COMPARISONS = ("__eq__", "__ne__", "__array_ufunc__", "__array_function__", "__bool__")
_MOST = 6


def suspicions(notebook: NotebookNode, skeleton: NotebookNode) -> tuple[str, ...]:
    """Sentences about cells of the student's own, each with its number.

    Args:
        notebook: the submission, its tests restored.
        skeleton: the assignment; what it says itself is not looked at.
    """
    released = {cell.source.strip() for cell in skeleton.cells}
    found = []
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or utils.is_locked(cell) or cell.source.strip() in released:
            continue
        if uses := list(dict.fromkeys(_uses(cell.source))):
            more = " ..." if len(uses) > _MOST else ""
            found.append(f"cell {number} uses {', '.join(uses[:_MOST])}{more}")
    return tuple(found)


def _uses(source: str) -> Iterator[str]:
    lines = source.splitlines()
    for line in lines:
        if line.lstrip().startswith(("!", "%%")):
            yield line.split()[0][:20]
    plain = "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in lines)
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    harmless = {
        node for top in ast.walk(tree) if _dotted(top).startswith(_HARMLESS) for node in ast.walk(top)
    }
    for node in ast.walk(tree):
        if node not in harmless:
            yield from _use(node)


def _use(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names if _MODULES.fullmatch(name.name.partition(".")[0]))
    elif isinstance(node, ast.ImportFrom):
        if _MODULES.fullmatch((node.module or "").partition(".")[0]):
            yield str(node.module)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        if _MODULES.fullmatch(node.id) or _FUNCTIONS.fullmatch(node.id):
            yield node.id
    elif isinstance(node, ast.FunctionDef) and node.name in _COMPARISONS:
        yield node.name
    elif isinstance(node, ast.Attribute) and node.attr.startswith("__") and node.attr.endswith("__"):
        yield node.attr
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        name = _dotted(node)
        if name.partition(".")[0] in _REPLACED:
            yield f"{name} ="


def _dotted(node: ast.AST) -> str:
    """`os.environ.get` of an attribute of an attribute of a name; "" of anything else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) and parts else ""
