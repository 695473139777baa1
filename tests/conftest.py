"""What several test files share: the book, built once, and a browser to read it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jaxtyping
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from places import ROOT

import repsim_book  # before what reads notebooks: without it their library takes seconds to import

# Tests run in several processes, and threads of one that wait for a core held by another spin.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# A shell starts what it puts in the background deaf to Ctrl-C, `nohup` deaf to the end of a terminal, and children
# inherit that; some tests interrupt theirs.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, handler)


# The same examples every time, and no deadline for one or for drawing them: a busy machine is no bug.
settings.register_profile(
    "repsim",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repsim")


# What takes longest and is about what seldom changes; `make thorough` runs it.
LONG = {
    "test_killed_again_and_again_it_ends_with_the_same_bytes",
    "test_a_parameter_is_changed_and_a_figure_follows",
    "test_a_page_has_the_cells_of_its_notebook",
    "test_the_same_chapter_gives_the_same_bytes",
    "test_styles_look_as_those_that_they_were_made_from",
    "test_styles_look_the_same_on_a_phone",
    "test_two_models_learn_and_can_be_compared",
    "test_a_full_disk_names_the_file_and_the_same_command_works_with_room",
    "test_one_chapter_with_other_values",
    "test_a_sweep_runs_compares_and_goes_on",
    "test_a_study_survives_a_killed_worker",
    "test_two_at_once_on_one_cache_do_no_harm",
    "test_there_are_downloads_and_links_where_a_repository_is_known",
    "test_intervals_against_the_number_of_inputs_in_the_table",
    "test_the_intervals_hold_the_values_of_the_population_about_as_often_as_they_say",
    "test_a_damaged_source_is_one_message_of_the_command",
    "test_a_check_on_another_machine_compares_means",
}
# Many cases of one kind, of which `make test` has the first: of each group, where ids are "group: case".
SAMPLED = {
    "test_a_mistake_costs_the_points_of_its_task_and_no_others",
    "test_tests_that_see_values_alone_take_the_same_points",
    "test_of_each_task_some_mistake_is_seen_by_the_hidden_tests_alone",
    "test_numbers_of_another_student_are_found_out",
    "test_output_that_is_not_utf_8_gets_what_it_can_take",
    "test_a_missing_library_is_named_with_its_extra",
    "test_a_killed_run_goes_on_to_the_same_bits",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen = set()
    for item in items:
        name, case = getattr(item, "originalname", None), item.name.partition("[")[2]
        group = name, case.partition(": ")[0] if ": " in case else ""
        if name in LONG or (name in SAMPLED and group in seen):
            item.add_marker(pytest.mark.thorough)
        seen.add(group)


@pytest.fixture
def own_checks_only(monkeypatch):
    """Shapes and types are checked at run time in the tests; not here, where it is about the package's own checks."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture(scope="module")
def mathematics_only() -> Iterator[None]:
    """The same for a module that is about the mathematics of thousands of pairs; other tests check shapes and types."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jaxtyping.config, "jaxtyping_disable", True)
        yield


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the book's pages, built with the smoke profile and warnings as errors."""
    folder = ROOT / "_build"
    folder.mkdir(exist_ok=True)
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    built_by = folder / ".smoke.run"
    with FileLock(folder / ".smoke.lock"):  # tests may run in several processes, of which one builds
        if not built_by.is_file() or built_by.read_text("utf-8") != run:
            done = subprocess.run(
                [sys.executable, "-m", repsim_book.__name__, "book", "--profile", "smoke"],
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            built_by.write_text(run, "utf-8")
    return folder / "html-smoke"


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from browsing import launched  # what tests the mathematics needs no browser

    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(book: Path) -> Iterator[str]:
    from browsing import served

    with served(book) as address:
        yield address


@pytest.fixture
def reader(browser, site) -> Iterator[Callable]:
    """Opens windows, with the browser's options for them."""
    from browsing import Reader

    opened: list[Reader] = []

    def new(**options) -> Reader:
        opened.append(Reader(browser, site, **options))
        return opened[-1]

    yield new
    for each in opened:
        each.context.close()
