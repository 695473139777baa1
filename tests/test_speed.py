"""No test depends on how fast the machine is: none looks at a clock, sleeps, or waits for a time that may be too short.

What a test waits for is said by the code under test (`processes.Meeting`, a pipe, the end of a process) or by the page
(`wait_for_function`, `expect`, `browsing.settle`). Limits are there for what only a fault can cause: `processes.HANG`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import TESTS
from processes import HANG

FILES = sorted(TESTS.rglob("*.py"))
# Also in the texts that tests hand to other processes and to pages.
WORDS = re.compile(
    r"\b(?:sleep|monotonic|perf_counter|process_time|time\.time|wait_for_timeout|networkidle|setTimeout|setInterval"
    r"|alarm|setitimer)\b"
)
PORTS = re.compile(r"(?:localhost|127\.0\.0\.1):\d+|\bport\W{1,40}[1-9]\d*")
LIMITS = re.compile(r"(?:\w+_)?(?:timeout|seconds|deadline)")
WAITS = {"wait", "join", "communicate", "acquire"}

ALLOWED = {
    ("test_estimate.py", "Estimate(units=3, jobs=4, seconds=1.0, memory=1000000000.0, disk=5000000000.0)"): (
        "an estimate, for which nobody waits"
    ),
    ("test_estimate.py", "127.0.0.1:9"): "an address that nobody asks",
    ("studies/test_study.py", "127.0.0.1:9"): "an address that nobody asks",
    (
        "training/test_image_stacks.py",
        "stack(recipe, device='cuda', checkpoints=paths, checkpoint_seconds=0.0, progress=stop)",
    ): "a checkpoint after every step",
    ("test_store.py", "time.time"): "a clock that stands still takes its place",
}


def found_in(text: str) -> Iterator[str]:
    """The places of a file that speak of time or of a port."""
    for pattern in (WORDS, PORTS):
        yield from (found[0] for found in pattern.finditer(text))
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        limits = [each.value for each in node.keywords if LIMITS.fullmatch(each.arg or "")]
        if isinstance(node.func, ast.Attribute) and node.func.attr in WAITS and not _is_text(node.func.value):
            limits += node.args
        for limit in limits:
            short = (
                isinstance(limit, ast.Constant)
                and isinstance(limit.value, int | float)
                and limit.value < HANG
            )
            computed = isinstance(limit, ast.BinOp)
            if short or computed:
                yield ast.unparse(node)


def _is_text(node: ast.AST) -> bool:
    """Whether it is a text, whose `join` waits for nothing."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_test_counts_on_speed(path):
    if path == Path(__file__):
        return
    found = set(found_in(path.read_text(encoding="utf-8")))
    assert found == {what for name, what in ALLOWED if str(path).endswith(f"/{name}")}


@pytest.mark.parametrize(
    "text",
    [
        "time.sleep(0.02)",
        "end = time.monotonic() + 200",
        "code = 'import time; time.sleep(600)'",
        "process.communicate(timeout=100)",
        "server.wait(60)",
        "page.wait_for_timeout(300)",
        "page.wait_for_load_state('networkidle')",
        "Limits(cell_seconds=5, megabytes=2000)",
        "command = ['--port', '8700']",
        "serve(port=8700)",
        "page.goto('http://127.0.0.1:8000/')",
        "thread.join(2 * 60)",
    ],
)
def test_what_counts_on_speed_is_found(text):
    assert list(found_in(text)) != []


@pytest.mark.parametrize(
    "text",
    [
        "process.communicate(timeout=HANG)",
        "process.wait()",
        "' '.join(arguments)",
        "', '.join(['a'] * 10)",
        "Limits(cell_seconds=600)",
        "command = ['--port', '0']",
        "found = f'http://127.0.0.1:{port}'",
        "page.wait_for_function('location.hash')",
    ],
)
def test_what_does_not_is_not(text):
    assert list(found_in(text)) == []
