"""Studies: the numbers are those of direct calls, and no interruption, damage or neighbour changes a byte."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from interrupted_study import interrupted, started
from processes import HANG
from studies import TINY, command, compute, entries, inline, small, tiny

import repsim_core as rc
from repsim_book.cli import study_work as study_commands
from repsim_core.datasets.tabular import radial
from repsim_core.errors import InputError, RecordError, StudyError
from repsim_core.measures.circular_orders import orders_of_labels
from repsim_core.store import Store
from repsim_core.studies import units
from repsim_core.studies import width_study as width
from repsim_core.studies.catalogue import declare_study
from repsim_core.studies.records import read_record
from repsim_core.studies.stored_representations import FILE, read_representations, representations_file
from repsim_core.studies.study import comparing, read_pairs, stored_stacks, stored_tables
from repsim_core.studies.units import read_stack
from repsim_core.studies.width_study import TrainingUnit, WidthStudy
from repsim_core.training.stacks import train_stack


@pytest.fixture(scope="module")
def computed(tmp_path_factory) -> Path:
    """The cache of `small()`, computed; not to be changed."""
    directory = tmp_path_factory.mktemp("small")
    compute(small(), directory)
    return directory


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, bytes]:
    """The entries of `tiny()` as an uninterrupted run leaves them."""
    return compute(tiny(), tmp_path_factory.mktemp("tiny"))


# -- numbers -------------------------------------------------------------------------------------------------------


def test_the_tables_are_those_of_direct_calls(computed):
    tables = stored_tables(small(), Store(computed))
    assert tables.missing == ()
    assert len(tables.models) == len(tables.pairs) == 6
    model = tables.models.query("width == 8 and seed == 2").iloc[0]
    pair = tables.pairs.query("width == 8 and seed_a == 0 and seed_b == 2").iloc[0]

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        stack = train_stack(radial(4, 1000, seed=0), seeds=[0, 1, 2], width=8, steps=60, device="cpu")
        models = stack.representations(radial(4, 200, seed=1))
        comparison = rc.compare(models[0], models[2], input_set="sampled")
        d_logit = rc.logit_distance(models[0], models[2])
    finally:
        torch.set_num_threads(threads)
    assert model["test_accuracy"] == models[2].accuracy()
    assert model["test_loss"] == models[2].loss()
    assert model["train_loss"] == pytest.approx(float(stack.losses[:, 2].mean()), rel=1e-6)
    found = comparison.to_dict()
    assert (*units.PAIR_MEASURES, *units.SETS) == tuple(tables.pairs.columns[5:])
    for name in (*units.PAIR_MEASURES[:-3], "pivot", "left_out"):
        assert pair[name] == found[name], name
    assert (pair["effective_rank_a"], pair["effective_rank_b"]) == comparison.effective_ranks
    assert pair["d_logit"] == d_logit
    orders = [" ".join(map(str, order)) for order in orders_of_labels(models[2])]
    assert [model["order"], model["order_about_mean"]] == orders
    assert pair["input_set"] == " ".join(map(str, comparison.llv.input_set))
    assert pd.isna(pair["note"])


def test_threads_are_as_before(computed):
    before = torch.get_num_threads()
    small().trainings(small().groups[0])[0].compute()
    assert torch.get_num_threads() == before


def test_a_seed_is_the_same_in_any_stack_to_rounding(tmp_path):
    split = replace(small(widths=[8]), stacks=((0,), (1, 2)))
    compute(split, tmp_path)
    compute(small(widths=[8]), tmp_path)
    apart, together = (stored_tables(study, Store(tmp_path)).pairs for study in (split, small(widths=[8])))
    np.testing.assert_allclose(apart["d_kl"], together["d_kl"], rtol=1e-3)
    assert len(entries(tmp_path)) == 5  # nothing of one passes for the other


def test_a_part_has_the_numbers_of_the_whole(computed, tmp_path):
    part = small().select(widths=[8], seeds=[0, 2])
    compute(part, tmp_path)
    pairs = stored_tables(part, Store(tmp_path)).pairs
    expected = stored_tables(small(), Store(computed)).pairs.query(
        "width == 8 and seed_a == 0 and seed_b == 2"
    )
    pd.testing.assert_frame_equal(pairs, expected.reset_index(drop=True))


def test_labels_without_test_points_have_no_order(tmp_path):
    study = small(classes=[8], widths=[4], test_points=3)
    compute(study, tmp_path)
    tables = stored_tables(study, Store(tmp_path))
    assert tables.missing == ()
    assert len(tables.models) == 3
    assert tables.models["order"].isna().all()


def test_three_classes_keep_all_labels(tmp_path):
    study = small(classes=[3], widths=[8])
    compute(study, tmp_path)
    pairs = stored_tables(study, Store(tmp_path)).pairs
    assert pairs["left_out"].isna().all()
    assert pairs["d_llv"].gt(0).all()


def test_every_setting_and_the_code_show_in_the_key(monkeypatch):
    unit = small().trainings(small().groups[0])[0]
    changes = {
        "classes": 5, "width": 5, "seeds": (0, 1), "steps": 61, "embedding_norm": 1.0, "unembedding_norm": 1.0,
        "dim": 3, "depth": 2, "batch_size": 64, "lr": 1e-3, "batch_seed": 1, "train_points": 999, "train_seed": 2,
        "test_points": 199, "test_seed": 2, "device": "cuda",
    }  # fmt: skip
    assert set(changes) == {field.name for field in fields(unit)}
    keys = {
        unit.address.key,
        *(replace(unit, **{name: value}).address.key for name, value in changes.items()),
    }
    assert len(keys) == len(changes) + 1
    for owner, name, value in (
        (units, "library_versions", lambda: {"torch": "0"}),
        (TrainingUnit, "protocol", 2),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, value)
            assert unit.address.key not in keys
            with pytest.raises(RuntimeError, match="another version"):
                units.compute_units([unit], [min(keys)])


def test_a_pair_that_cannot_be_compared_is_noted(computed, monkeypatch):
    study = small()
    group = study.groups[0]
    stack = Store(computed).get(study.trainings(group)[0].address)
    compare = units.compare

    def failing(a, b, **options):
        if torch.equal(a.embeddings, units.read_stack(stack).models[0].embeddings):
            raise ValueError("constant log-ratio")
        return compare(a, b, **options)

    monkeypatch.setattr(units, "compare", failing)
    table = read_pairs(comparing(study, group, ["any"]).compute([stack]))
    assert table["note"].notna().tolist() == [True, True, False]
    assert table["d_llv"].isna().tolist() == [True, True, False]


# -- declarations --------------------------------------------------------------------------------------------------


def test_the_paper_grid_is_the_papers_study():
    study = declare_study("width", "paper")
    assert len(study.groups) * len(study.seeds) == 1000
    assert {g.classes for g in study.groups if g.variant == "free"} == {4, 6, 10, 18}
    assert {g.classes for g in study.groups if g.variant != "free"} == {4, 6}
    assert (study.steps, study.lr, study.batch_size, study.dim) == (15_000, 1e-4, 128, 2)
    assert (study.train_points, study.train_seed, study.test_points, study.test_seed) == (20_000, 0, 2_000, 1)
    assert sorted(seed for stack in study.stacks for seed in stack) == list(range(20))
    norms = {v: (u.embedding_norm, u.unembedding_norm) for v, u in (
        (g.variant, study.trainings(g)[0]) for g in study.groups)}  # fmt: skip
    assert norms == {"free": (None, None), "f-norm": (20, None), "g-norm": (None, 20), "both": (20, 20)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["width", "--grid", "papr"], "--grid: found 'papr'; did you mean paper"),
        (["status", "with"], "study: found 'with'; did you mean width"),
        (["record", "with"], "study: found 'with'"),
        (["check", "with"], "study: found 'with'"),
        (["width", "--variant", "f_norm"], "variant: found 'f_norm'; did you mean f-norm"),
        (["width", "--k", "2"], "--k: found 2, expected at least M + 1 = 3"),
        (["width", "--k", "four"], "--k: found 'four'"),
        (["width", "--widths", "0"], "--widths: found 0, expected an integer from 1 to 10000"),
        (["width", "--widths", "8,16,8"], "--widths: found 8 twice, expected each value once"),
        (["width", "--k", "4,4"], "--k: found 4 twice"),
        (["width", "--variant", "free,free"], "--variant: found free twice"),
        (["cifar10", "--m", "2,3,2"], "--m: found 2 twice"),
        (["cifar10", "--m", "10"], "--m: found 10, expected an integer from 1 to 9"),
        (["cifar10", "--recipe", "fast,fast"], "--recipe: found fast twice"),
        (["digits", "--seeds", "0-2,1"], "--seeds: found 1 twice"),
        (["width", "--seeds", "01"], "--seeds: found '01', expected numbers"),
        (["width", "--seeds", "0-09"], "--seeds: found '0-09', expected numbers"),
        (["width", "--k", "04"], "--k: found '04', expected numbers"),
        (["width", "--widths", "16,016"], "--widths: found '16,016', expected numbers"),
        (["digits", "--m", "02"], "--m: found '02', expected numbers"),
        (["width", "--seeds", "3-1"], "--seeds: found '3-1'"),
        (["width", "--seeds", ""], "--seeds: found ''"),
        (["width", "--seeds", "4"], "--seeds: found [4], expected at least two"),
        (["width", "--seeds", "1,1"], "--seeds: found 1 twice"),
        (["width", "--steps", "0"], "steps: found 0"),
        (["width", "--jobs", "0"], "jobs: found 0"),
        (["width", "--scheduler", "nonsense://"], "--scheduler: found 'nonsense://'"),
        (["check", "width", "--record", "nowhere"], "--record: there is no file nowhere"),
        (
            ["width", "--seeds", "0-99999999999"],
            "--seeds: found '0-99999999999', expected at most 10000 numbers",
        ),
        (["width", "--seeds", f"0-{'9' * 5_000}"], "--seeds: found "),
        (["width", "--seeds", "0-1000"], "--seeds: found more than 1000 values, expected at most 1000"),
        (
            ["width", "--seeds", "1,9223372036854775808"],
            "--seeds: found 9223372036854775808, expected an integer",
        ),
        (["width", "--widths", "10001"], "--widths: found 10001, expected an integer from 1 to 10000"),
        (["width", "--k", "1001"], "--k: found 1001, expected an integer from 1 to 1000"),
        (
            ["width", "--k", "4-1000", "--widths", "1-1000"],
            "groups: found more than 10000 combinations of values",
        ),
        (["width", "--steps", "99999999999"], "--steps: found 99999999999, expected an integer from 1 to"),
        (["width", "--jobs", "100000"], "--jobs: found 100000, expected an integer from 1 to 1000"),
        (["width", "--jobs", "100000", "--scheduler", "tcp://127.0.0.1:9"], "--jobs: found 100000, expected"),
        (["width", "--profile", "quick"], "--profile: a study has grids; found quick, expected --grid NAME"),
        (
            ["cifar10", "--grid", "digits"],
            "known are: paper, fast, auxiliary, batches; digits is a study of its own",
        ),
        (["wide"], "there is no command wide; did you mean width"),
        (["width", "--cache", __file__], "expected a folder"),
    ],
)
def test_bad_values_are_named(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command(arguments) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_is_none():
    for wanted in ({"k": [9]}, {"widths": [9]}, {"variant": ["both"]}, {"seeds": [9]}, {"seeds": []}):
        with pytest.raises(InputError, match=r"^(k|widths|variant|seeds): found"):
            small().select(**wanted)
    with pytest.raises(InputError, match=r"^widths: found 4 twice"):
        small().select(widths=[4, 4])
    both = small(variants=None)
    part = replace(both, groups=tuple(group for group in both.groups if group.label != "K4-w8-both"))
    with pytest.raises(InputError, match=r"^groups: found none in the study with this combination"):
        part.select(widths=[8], variant=["both"])


def test_a_study_holds_each_group_once():
    study = small()
    with pytest.raises(InputError, match=r"^groups: found K4-w4-free twice"):
        replace(study, groups=(*study.groups, study.groups[0]))
    with pytest.raises(InputError, match=r"^groups: found none"):
        replace(study, groups=())


# -- interruptions, neighbours, damage -----------------------------------------------------------------------------


# Where one run after the other ends, with which code, and how many entries there are then.
TURNS = [
    ("computing 2 SIGINT", 130, 2),
    ("writing 1 SIGKILL", -9, 2),
    ("renaming 2 SIGKILL", -9, 3),
    ("stored 1 SIGINT", 130, 4),
    ("computing 1 SIGTERM", 143, 4),
    ("computing 1 lost", 1, 4),
]


def test_killed_again_and_again_it_ends_with_the_same_bytes(whole, tmp_path):
    arguments = ["width", *TINY, "--cache", str(tmp_path), "--jobs", "1"]
    for point, code, stored in TURNS:
        with interrupted(arguments, point) as process:
            message = process.communicate(timeout=HANG)[1]  # until the last worker has ended
        assert process.returncode == code, (point, message)
        assert entries(tmp_path).items() <= whole.items(), point
        assert len(entries(tmp_path)) == stored, point
        if code > 0:
            assert f"to go on: repsim study {' '.join(arguments)}" in message
            assert "Traceback" not in message
        if code == 1:
            assert "a worker process ended suddenly" in message
    with started(arguments) as process:
        message = process.communicate()[1]
    assert process.returncode == 0, message
    assert "4 found in the cache" in message
    assert entries(tmp_path) == whole


def test_two_at_once_on_one_cache_do_no_harm(whole, tmp_path):
    """Both are about to store the same entry, before they go on."""
    arguments, point = ["width", *TINY, "--cache", str(tmp_path)], "renaming 1 hold"
    with interrupted(arguments, point) as first, interrupted(arguments, point) as second:
        assert entries(tmp_path) == {}
        for process in (first, second):
            process.stdin.write("go on\n")
            process.stdin.flush()
        for process in (first, second):
            message = process.communicate()[1]
            assert process.returncode == 0, message
            assert "damaged" not in message
    assert entries(tmp_path) == whole
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith(".command-")} == set(whole)


@pytest.mark.parametrize("kind", ["train", "pairs"])
def test_a_damaged_entry_is_named_and_computed_again(computed, tmp_path, kind, capsys):
    before = entries(computed)
    for name, data in before.items():
        (tmp_path / name).write_bytes(data)
    victim = next(tmp_path / name for name in before if name.startswith(f"{kind}-K4-w8"))
    victim.write_bytes(victim.read_bytes()[:-10])
    words = ["width", "--grid", "smoke", "--variant", "free", "--cache", str(tmp_path)]
    assert command(["status", *words]) == 0
    shown = capsys.readouterr().out
    assert "1 damaged" in shown
    messages: list[str] = []
    assert compute(small(), tmp_path, messages) == before
    assert len(messages) == 1
    assert str(victim) in messages[0]


def test_a_write_that_fails_is_told_and_loses_nothing(computed, tmp_path, monkeypatch, capsys):
    """A limit on the size of files stands for a full disk: the operating system itself refuses the write."""
    monkeypatch.setattr(study_commands, "local_executor", inline)
    name, data = next((n, d) for n, d in entries(computed).items() if n.startswith("train-K4-w4"))
    (tmp_path / name).write_bytes(data)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, before[1]))
    try:
        code = command(["width", "--grid", "smoke", "--variant", "free", "--cache", str(tmp_path)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    message = capsys.readouterr().err
    assert code == 1
    assert f"cache: cannot write {tmp_path}" in message
    assert f"to go on: repsim study width --grid smoke --variant free --cache {tmp_path}" in message
    left = entries(tmp_path)
    assert left[name] == data
    assert all(path.name.startswith(".command-") for path in tmp_path.glob(".*"))
    assert compute(small(), tmp_path) == entries(computed)


def test_a_unit_that_fails_is_named_and_the_others_are_kept(computed, tmp_path, monkeypatch):
    def failing(dataset, **options):
        if options["width"] == 8:
            raise ValueError("embeddings: not finite")
        return train_stack(dataset, **options)

    monkeypatch.setattr(width, "train_stack", failing)
    with pytest.raises(StudyError, match=r"1 of 4 units failed[^\n]*\n  train-K4-w8-.*not finite"):
        compute(small(), tmp_path)
    tables = stored_tables(small(), Store(tmp_path))
    assert [group.width for group in tables.missing] == [8]
    assert set(tables.models["width"]) == {4}
    monkeypatch.undo()
    assert compute(small(), tmp_path) == entries(computed)


def test_where_nothing_is_finished_nothing_is_kept(tmp_path, monkeypatch, capsys):
    """Neither the pool's message nor the command speaks of parts that are not there."""
    monkeypatch.setattr(study_commands, "local_executor", broken)
    arguments = ["width", "--grid", "smoke", "--variant", "free", "--cache", str(tmp_path / "cache")]
    assert command(arguments) == 1
    message = capsys.readouterr().err
    assert f"nothing is finished yet; to go on: repsim study {' '.join(arguments)}" in message
    assert "kept" not in message
    assert "stored" not in message
    assert list(tmp_path.iterdir()) == []
    compute(small(widths=[4]), tmp_path / "cache")
    assert command(arguments) == 1
    message = capsys.readouterr().err
    assert f"finished parts are kept in {tmp_path / 'cache'}; to go on: repsim study" in message
    assert "what was finished is stored" in message


@contextmanager
def broken(jobs: int = 1) -> Iterator[Executor]:
    """A stand-in for `local_executor` whose workers are killed."""

    class Broken(Executor):
        def submit(self, *_, **__):
            future = Future()
            future.set_exception(BrokenExecutor())
            return future

    yield Broken()


# -- the record ----------------------------------------------------------------------------------------------------

WORDS = ["width", "--grid", "smoke", "--variant", "free"]


@pytest.fixture
def recorded(computed, tmp_path) -> Path:
    assert command(["record", *WORDS, "--cache", str(computed), "--record", str(tmp_path / "r")]) == 0
    return tmp_path / "r"


@pytest.fixture
def check(recorded, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(study_commands, "local_executor", inline)

    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        where = ["--record", str(recorded), "--cache", str(tmp_path / "check")]
        code = command(["check", "width", *where, *words])
        return code, "".join(capsys.readouterr())

    return run


def test_a_record_keeps_the_commands_that_computed_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(study_commands, "local_executor", inline)
    store, record = tmp_path / "store", tmp_path / "record"
    compute = [*WORDS, "--widths", "4", f"--cache={store}"]
    assert command(compute) == command([*compute, "--jobs", "1"]) == 0  # the second finds all
    assert command([*WORDS, "--widths", "8", "--cache", str(store)]) == 0
    assert command([*compute, "--steps", "5"]) == 0  # another protocol
    assert command(["record", *WORDS, "--cache", str(store), "--record", str(record)]) == 0
    commands = read_record(record).provenance["commands"]
    computed = f"repsim study {' '.join(WORDS)} --widths 4"
    assert [each["typed"] for each in commands] == [
        computed,
        computed.replace("--widths 4", "--widths 8"),
        f"repsim study record {' '.join(WORDS)}",
    ]
    assert str(tmp_path) not in (record / "provenance.json").read_text()
    capsys.readouterr()


def test_a_record_says_what_it_is(recorded):
    record = read_record(recorded)
    assert (len(record.models), len(record.pairs)) == (6, 6)
    assert record.study == small()
    (command,) = record.provenance["commands"]
    assert command["typed"] == "repsim study record width --grid smoke --variant free"
    assert record.provenance["missing"] == []
    assert {"python", "torch", "numpy", "protocol", "machine"} <= set(record.provenance["environment"])
    assert all(str(recorded.parent).encode() not in path.read_bytes() for path in recorded.iterdir())
    assert os.uname().nodename not in json.dumps(record.provenance)


def test_a_record_keeps_representations_of_the_first_inputs(recorded, computed, monkeypatch):
    study, store = small(), Store(computed)
    stacks = {group: stored_stacks(study, group, store) for group in study.groups}
    found = read_representations(recorded, read_record(recorded))
    assert list(found) == list(study.groups)
    monkeypatch.setattr(WidthStudy, "KEPT_INPUTS", 50)
    few = recorded.parent / FILE
    few.write_bytes(representations_file(study, store))
    for kept, count in ((found, 200), (read_representations(recorded.parent, read_record(recorded)), 50)):
        for group, data in stacks.items():
            ((stack,), stored) = map(read_stack, data.values()), kept[group]
            np.testing.assert_array_equal(stored.loss_curves, stack.loss_curve)
            for seed, model in stack.models.items():
                f = np.asarray(model.embeddings)[:count]
                step = np.ptp(f, axis=0) / (2**16 - 1)
                assert (np.abs(np.asarray(stored.models[seed].embeddings) - f) <= 0.51 * step).all()
                assert (np.asarray(stored.models[seed].labels) == np.asarray(model.labels)[:count]).all()
                assert (np.asarray(stored.models[seed].unembeddings) == np.asarray(model.unembeddings)).all()


def test_a_partial_record_says_what_it_lacks_and_replaces_no_fuller_one(recorded, tmp_path, capsys):
    partial = tmp_path / "partial"
    compute(small(widths=[4]), partial)
    words = ["record", *WORDS, "--cache", str(partial), "--record"]
    assert command([*words, str(recorded)]) == 2
    assert "K4-w8-free" in capsys.readouterr().err
    assert len(read_record(recorded).models) == 6
    assert command([*words, str(recorded), "--replace"]) == 0
    assert "not complete, hence not in it: K4-w8-free" in capsys.readouterr().out
    record = read_record(recorded)
    assert len(record.models) == 3
    assert record.provenance["missing"] == [[4, 8, "free"]]
    assert [group.width for group in record.study.groups] == [4]
    assert (
        command(["record", *WORDS, "--cache", str(tmp_path / "empty"), "--record", str(tmp_path / "e")]) == 2
    )


@pytest.mark.parametrize("room", [10, 700], ids=["for nothing", "for the first file"])
def test_a_record_that_does_not_fit_leaves_no_folder(computed, tmp_path, capsys, room):
    """A limit on the size of files stands for a full disk."""
    words = ["record", *WORDS, "--cache", str(computed), "--record", str(tmp_path / "new" / "record")]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        assert command(words) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "cannot write" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    kept = tmp_path / "new" / "record" / "notes.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("the reader's own", "utf-8")
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        assert command(words) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert kept.read_text("utf-8") == "the reader's own"


def test_a_changed_record_is_noticed(recorded):
    path = recorded / "pairs.csv"
    path.write_text(path.read_text().replace("free,0,1,", "free,1,0,"))
    with pytest.raises(RecordError, match=r"pairs.csv has changed"):
        read_record(recorded)
    (recorded / "provenance.json").write_text("{")
    with pytest.raises(RecordError, match=r"provenance.json cannot be read"):
        read_record(recorded)


def test_a_check_on_the_same_machine_finds_the_same_digits(check):
    code, text = check("--widths", "8", "--seeds", "0,2")
    assert code == 0, text
    assert "agrees with the record in every recorded digit" in text


def shift(recorded: Path, by: float) -> None:
    """A record that another machine might have left: every measure moved by a share of itself."""
    import hashlib

    provenance = json.loads((recorded / "provenance.json").read_text())
    for name in ("models.csv", "pairs.csv"):
        table = pd.read_csv(recorded / name)
        numbers = table.select_dtypes("float").columns.difference(["note"])
        data = table.assign(**{column: table[column] * (1 + by) for column in numbers}).to_csv(index=False)
        (recorded / name).write_text(data)
        provenance["sha256"][name] = hashlib.sha256(data.encode()).hexdigest()
    provenance["environment"]["machine"]["processor"] = "another"
    (recorded / "provenance.json").write_text(json.dumps(provenance))


def test_a_check_on_another_machine_compares_means(check, recorded):
    shift(recorded, 1e-5)
    code, text = check("--widths", "8")
    assert code == 0, text
    assert "agrees with the record\n" in text
    assert "made with another processor (another; here " in text
    assert "means are compared, not digits" in text
    code, text = check("--widths", "8", "--exact")
    assert code == 1, text
    code, text = check("--widths", "8", "--seeds", "0,1")
    assert code == 2
    assert "at least three seeds" in text
    shift(recorded, 20.0)
    code, text = check("--widths", "8")
    assert code == 1
    assert "disagrees with the record" in text
