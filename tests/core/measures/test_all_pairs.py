"""All pairs of many models: the rows are those of single comparisons, whoever computes them and whatever stops it."""

from __future__ import annotations

import json
import os
import sys
import weakref
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st
from places import GOLDEN
from processes import HANG, running

import repsim_core as rc
from repsim_core import executors
from repsim_core.errors import ExecutionError, InputError
from repsim_core.executors import ThisProcess, local_executor
from repsim_core.measures import all_pairs, model_sources, pair_tiles
from repsim_core.measures.all_pairs import file_names
from repsim_core.measures.model_sources import ModelFile, Sizes, checked_files, checksum
from repsim_core.measures.pair_run import run_pairs
from repsim_core.measures.pair_tiles import block_side, compare_tile, tiles

ROWS = GOLDEN / "pairs.json"


def labelled(count: int, n: int = 20, k: int = 6) -> list[rc.Representations]:
    labels = np.random.default_rng(0).integers(k, size=n)
    return [rc.Representations(*strategies.arrays(n, k, 2, seed), labels) for seed in range(count)]


@pytest.fixture
def files(tmp_path) -> list[Path]:
    """Seven models with true labels, one of them in another kind of file, one of 32 bits."""
    paths = []
    for number, model in enumerate(labelled(7)):
        if number == 2:
            f, g = (np.asarray(x, dtype=np.float32) for x in (model.embeddings, model.unembeddings))
            model = rc.Representations(f, g, model.labels)
        paths.append(model.save(tmp_path / f"model{number}{('.npz', '.safetensors')[number == 4]}"))
    return paths


def same(left: pd.DataFrame, right: pd.DataFrame) -> bool:
    """Whether every digit is the same."""
    return left.to_csv() == right.to_csv()


# -- models at hand --------------------------------------------------------------------------------------------------


def test_all_pairs_in_order():
    models = {name: strategies.model(seed=i) for i, name in enumerate("dbca")}
    table = rc.compare_all(models, seed=2)
    assert isinstance(table, pd.DataFrame)
    assert table[["first", "second"]].to_numpy().tolist() == [
        list(pair) for pair in ("db", "dc", "da", "bc", "ba", "ca")
    ]
    for row in table.to_dict("records"):
        single = rc.compare(models[row["first"]], models[row["second"]], seed=2).to_dict()
        for column, value in row.items():
            if column not in ("first", "second", "note", "notes"):
                assert value == single[column]
    assert "loss_gap" not in table
    assert table["note"].isna().all()
    numbered = rc.compare_all(list(models.values()), seed=2)
    assert numbered[["first", "second"]].to_numpy().tolist() == [list(p) for p in combinations(range(4), 2)]
    assert same(numbered.drop(columns=["first", "second"]), table.drop(columns=["first", "second"]))


def test_all_pairs_of_labelled_models_have_gaps_of_loss_and_accuracy():
    models = labelled(3)
    table = rc.compare_all(models)
    for row in table.itertuples():
        a, b = models[row.first], models[row.second]
        assert row.loss_gap == abs(a.loss() - b.loss())
        assert row.accuracy_gap == abs(a.accuracy() - b.accuracy())
    assert table.loss_gap.max() > 0


def test_a_pair_that_cannot_be_compared_is_noted_and_loses_no_other():
    flat = rc.Representations(np.ones((20, 2)), strategies.arrays(20, 6, 2, 0)[1])
    a, b = strategies.model(), strategies.model(seed=1)
    table = rc.compare_all({"flat": flat, "a": a, "b": b})
    assert table["note"][:2].str.startswith("flat: found the same distribution").all()
    assert pd.isna(table["note"][2])
    assert table["d_llv"].isna().tolist() == [True, True, False]
    assert table["d_llv"][2] == rc.compare(a, b).d_llv
    assert table["pivot"][2] == rc.compare(a, b).llv.pivot
    assert str(table["pivot"].dtype) == "Int64"
    assert table.columns.tolist() == rc.compare_all([a, b]).columns.tolist()


def test_notes_of_each_comparison_stand_beside_its_row(tmp_path, monkeypatch):
    """Of labels in another order, of a rank below M and of repeated inputs; not out of parts that have none."""
    rng = np.random.default_rng(0)
    f = np.repeat(rng.normal(size=(60, 3)), 2, axis=0)
    order = [1, 0, 2, 4, 3, 5]
    model = rc.Representations(f * [1, 1, 0], 3 * rng.normal(size=(6, 3)))
    renamed = rc.Representations(f, np.asarray(model.unembeddings)[order] * [1, 1, 1e-3])
    plain = strategies.model(n=120, k=6), strategies.model(n=120, k=6, seed=1)
    models = {"model": model, "renamed": renamed, "x": plain[0], "y": plain[1]}
    table = rc.compare_all(models, cache=tmp_path)
    assert table.columns[-2:].tolist() == ["note", "notes"]
    assert table["note"].isna().all()
    for row in table.itertuples():
        notes = rc.compare(models[row.first], models[row.second]).notes
        assert row.notes == "; ".join(notes) if notes else pd.isna(row.notes)
    assert "are the labels in another order?" in table["notes"][0]
    assert "of a's M = 3 dimensions r = 2 reach" in table["notes"][0]
    assert "60 of the N = 120 inputs are different" in table["notes"][0]
    assert pd.isna(table["notes"][5])
    # Parts of an earlier protocol are not read: they have other columns.
    again = []
    monkeypatch.setattr(pair_tiles, "PROTOCOL", pair_tiles.PROTOCOL + 1)
    assert same(rc.compare_all(models, cache=tmp_path, progress=again.append), table)
    assert again[-1].found == 0


def test_equal_models_are_compared_once_and_counted_each(tmp_path):
    model = strategies.model()
    paths = [model.save(tmp_path / f"{name}.npz") for name in "abc"]
    seen = []
    table = rc.compare_all(paths, progress=seen.append)
    assert (len(table), seen[0].done, seen[-1].done, seen[-1].pairs) == (3, 0, 3, 3)
    assert table["d_llv"].max() < 1e-12


def test_options_hold_for_every_pair():
    models = [strategies.model(seed=seed) for seed in range(3)]
    options = {"pivot": "mean", "labels": np.array([1, 3, 4]), "weight": 0.5, "measures": "all"}
    table = rc.compare_all(models, **options)
    for row in table.to_dict("records"):
        single = rc.compare(models[row["first"]], models[row["second"]], **options)
        assert (row["d_llv"], row["pivot"]) == (single.d_llv, "mean")
        assert {name: row[name] for name in single.others} == dict(single.others)


def test_models_at_hand_are_kept_in_a_cache(tmp_path, monkeypatch):
    models = [strategies.model(seed=seed) for seed in range(3)]
    table = rc.compare_all(models, cache=tmp_path)
    monkeypatch.setattr(pair_tiles, "compare", None)  # nothing is compared
    assert same(rc.compare_all(models, cache=tmp_path), table)
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        rc.compare_all([*models, strategies.model(seed=3)], cache=tmp_path)


# -- files -----------------------------------------------------------------------------------------------------------


def test_rows_are_those_of_single_comparisons(files):
    table = rc.compare_all(files)
    assert table[["first", "second"]].to_numpy().tolist() == [
        list(pair) for pair in combinations((f"model{i}" for i in range(7)), 2)
    ]
    models = {path.stem: rc.load(path) for path in files}
    at_hand = rc.compare_all(models)
    assert same(table, at_hand)
    for row in table.to_dict("records"):
        single = rc.compare(models[row["first"]], models[row["second"]])
        found = single.to_dict()
        for column in set(row) - {"first", "second", "note", "notes", "loss_gap", "accuracy_gap"}:
            assert row[column] == found[column], column
    named = rc.compare_all({3: str(files[3]), "x": files[1]})
    assert named[["first", "second"]].to_numpy().tolist() == [[3, "x"]]


def test_the_number_of_processes_changes_no_digit(files, tmp_path, monkeypatch):
    seen = []
    one = rc.compare_all(files, jobs=1, cache=tmp_path / "one", progress=seen.append)
    assert same(one, rc.compare_all(files, jobs=2, cache=tmp_path / "two"))
    assert [progress.done for progress in seen] == sorted(progress.done for progress in seen)
    assert (seen[0].done, seen[-1].done, seen[-1].pairs, seen[-1].found) == (0, 21, 21, 0)
    assert (seen[0].seconds_left, seen[-1].seconds_left) == (None, 0.0)
    # Found again, for one process or two.
    monkeypatch.setattr(ThisProcess, "submit", None)
    again = []
    assert same(one, rc.compare_all(files, jobs=2, cache=tmp_path / "one", progress=again.append))
    assert (again[-1].done, again[-1].found) == (21, 21)


def test_arrays_are_called_as_they_are_in_the_files(tmp_path):
    models = [strategies.model(seed=seed) for seed in range(3)]
    for number, model in enumerate(models):
        arrays = {f"f{number}": np.asarray(model.embeddings), "w": np.asarray(model.unembeddings)}
        np.savez(tmp_path / f"{number}.npz", **arrays)
    paths = [tmp_path / f"{number}.npz" for number in range(3)]
    table = rc.compare_all(paths, embeddings=["f0", "f1", "f2"], unembeddings="w")
    assert table["d_llv"].tolist() == rc.compare_all(models)["d_llv"].tolist()
    with pytest.raises(InputError, match=rf"^{paths[1]} holds \['f1', 'w'\], expected f0"):
        rc.compare_all(paths, embeddings="f0", unembeddings="w")


def test_a_file_that_is_no_model_is_named_before_anything_is_compared(files, tmp_path, monkeypatch):
    monkeypatch.setattr(pair_tiles, "compare", None)
    bad = tmp_path / "bad.npz"
    bad.write_text("no archive")
    with pytest.raises(InputError, match=rf"^{bad} is no readable .npz file"):
        rc.compare_all([*files, bad])
    strategies.model(n=21).save(bad)
    with pytest.raises(InputError, match=rf"^{bad}: found N = 21 inputs, expected 20 as in {files[0]}"):
        rc.compare_all([*files, bad])
    rc.Representations(*strategies.arrays(20, 6, 2, 0), np.zeros(20, dtype=int)).save(bad)
    with pytest.raises(InputError, match=rf"^{bad}: found other true labels than in {files[0]}"):
        rc.compare_all([*files, bad])


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a.npz", "x/b.safetensors"], ["a", "b"]),
        (["x/m.npz", "y/m.npz", "z.npz"], ["x/m.npz", "y/m.npz", "z"]),
        (["a.npz", "a.safetensors", "a"], ["a.npz", "a.safetensors", "a"]),
        (["a.npz", "a.safetensors", "a.npz.npz"], ["a.npz", "a.safetensors", "a.npz.npz"]),
    ],
)
def test_names_of_files_are_their_own(paths, names):
    assert file_names(paths) == file_names([Path(path) for path in paths]) == names


# -- what is held ----------------------------------------------------------------------------------------------------


def test_models_are_read_a_few_times_and_few_are_held(files, monkeypatch):
    """With blocks of s models each is read n/s times, once more to check it; s + 1 are held."""
    reads, alive, most = Counter(), weakref.WeakSet(), []
    read, compared = ModelFile.model, pair_tiles.compare

    def counting(self):
        reads[self.shown] += bool(self.content)
        model = read(self)
        alive.add(model)
        return model

    def watching(a, b, **options):
        most.append(len(alive))
        return compared(a, b, **options)

    monkeypatch.setattr(model_sources.ModelFile, "model", counting)
    monkeypatch.setattr(pair_tiles, "compare", watching)
    checked, _ = checked_files([ModelFile.at(path) for path in files], {})
    for side, blocks in ((1, 7), (2, 4), (3, 3), (7, 1)):
        reads.clear()
        most.clear()
        rows = run_pairs(checked, {}, ThisProcess(), jobs=1, side=side, one_thread=False)
        assert len(rows) == len(most) == 21
        assert max(reads.values()) <= blocks
        assert max(most) <= min(side + 1, 7)


@given(count=st.integers(2, 40), side=st.integers(1, 16), data=st.data())
def test_tiles_hold_every_pair_once(count, side, data):
    pairs = list(combinations(range(count), 2))
    wanted = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    models = [ModelFile(f"/{number}", f"{number}", (), str(number)) for number in range(count)]
    made = tiles(models, wanted, side, {}, True)
    found = [tuple(int(tile.models[place].content) for place in pair) for tile in made for pair in tile.pairs]
    assert sorted(found) == sorted(wanted)
    assert len({tile.label for tile in made}) == len(made)
    for tile in made:
        assert len(tile.models) <= 2 * side
        last = {place: at for at, pair in enumerate(tile.pairs) for place in pair}
        first = {place: at for at, pair in reversed(list(enumerate(tile.pairs))) for place in pair}
        for at in range(len(tile.pairs)):
            assert sum(first[place] <= at <= last[place] for place in first) <= side + 1


def test_blocks_follow_memory_time_and_processes():
    small = Sizes(1000, 10, 5)
    assert block_side(30, small, 1, 1e12) == 14  # three blocks and six tiles; with 15 there would be three
    assert block_side(30, small, 8, 1e12) < block_side(30, small, 2, 1e12) < 14
    assert block_side(30, small, 1, 0.0) == 1
    assert block_side(30, small, 1, 5 * pair_tiles.bytes_held(small)) == 4
    assert block_side(30, Sizes(2_000, 50_257, 768), 1, 1e12) == 1
    assert block_side(2, small, 1, 1e12) == 1


# -- changes, damage, interruptions ------------------------------------------------------------------------------------


def test_only_pairs_of_a_changed_model_are_compared_again(files, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    before = rc.compare_all(files, cache=cache)
    compared, calls = pair_tiles.compare, []

    def counting(a, b, **options):
        calls.append(1)
        return compared(a, b, **options)

    monkeypatch.setattr(pair_tiles, "compare", counting)
    rc.load(files[0]).save(tmp_path / "model0.safetensors")  # the same model in another file
    assert same(rc.compare_all([tmp_path / "model0.safetensors", *files[1:]], cache=cache), before)
    assert calls == []
    labelled(8)[7].save(files[3])
    after = rc.compare_all(files, cache=cache)
    assert len(calls) == 6
    touched = after[["first", "second"]].eq("model3").any(axis=1)
    assert same(after[~touched], before[~touched])
    assert (after["d_kl"][touched] != before["d_kl"][touched]).all()
    assert same(after, rc.compare_all(files))
    # Fewer models, and others' options: rows of their own.
    calls.clear()
    assert len(rc.compare_all(files[1:4], cache=cache)) == 3
    assert calls == []
    rc.compare_all(files[:2], cache=cache, pivot=1)
    assert calls == [1]


def test_a_file_that_changes_meanwhile_is_named(files, tmp_path, monkeypatch):
    check = all_pairs.checked_files

    def checked_and_changed(*given):
        found = check(*given)
        labelled(8)[7].save(files[6])
        return found

    monkeypatch.setattr(all_pairs, "checked_files", checked_and_changed)
    with pytest.raises(
        ExecutionError, match=rf"what was finished is stored:\n  {files[6]}: found another model"
    ):
        rc.compare_all(files, cache=tmp_path / "cache")
    monkeypatch.undo()
    seen = []
    found = rc.compare_all(files, cache=tmp_path / "cache", progress=seen.append)
    assert seen[0].found > 0
    assert same(found, rc.compare_all(files))


def test_a_damaged_entry_is_compared_again(files, tmp_path, capsys):
    table = rc.compare_all(files, cache=tmp_path / "cache")
    victim = min((tmp_path / "cache").iterdir())
    victim.write_bytes(victim.read_bytes()[:-10])
    assert same(rc.compare_all(files, cache=tmp_path / "cache"), table)
    assert f"damaged entry, to be computed again: {victim}" in capsys.readouterr().err


def test_a_process_of_another_version_refuses(files, monkeypatch):
    checked, _ = checked_files([ModelFile.at(path) for path in files[:2]], {})
    (tile,) = tiles(checked, [(0, 1)], 2, {}, True)
    monkeypatch.setattr(pair_tiles, "PROTOCOL", 0)
    with pytest.raises(RuntimeError, match="another version"):
        compare_tile(tile)


@given(st.integers(0, 3))
def test_the_checksum_is_of_all_that_a_comparison_sees(which):
    arrays = [np.ones((4, 2)) + np.eye(4, 2), np.eye(3, 2), np.array([0, 1, 2, 0]), np.arange(3.0)]
    model = rc.Representations(*arrays)
    assert checksum(model) == checksum(rc.Representations(*arrays))
    changed = [array.copy() for array in arrays]
    changed[which].flat[1] += 1 if which != 2 else -1
    assert checksum(rc.Representations(*changed)) != checksum(model)
    narrow = rc.Representations(arrays[0].astype(np.float32), *arrays[1:])
    assert checksum(narrow) != checksum(model)  # less is known of it


SCRIPT = """
import os, signal, sys
import repsim_core as rc
from repsim_core.store import Store

put, number = Store.put, 0

def put_and_stop(*given):
    global number
    number += 1
    path = put(*given)
    if number == int(sys.argv[2]):
        os.kill(os.getpid(), signal.Signals[sys.argv[3]])
    return path

if __name__ == "__main__":
    Store.put = put_and_stop
    rc.compare_all(sys.argv[4:], jobs=2, cache=sys.argv[1])
"""


@pytest.mark.parametrize(("signal", "code"), [("SIGKILL", -9), ("SIGINT", None)])
def test_killed_again_and_again_it_ends_with_the_same_rows(files, tmp_path, signal, code):
    script, cache = tmp_path / "script.py", tmp_path / "cache"
    script.write_text(SCRIPT)
    expected = rc.compare_all(files, jobs=1)
    stored = 0
    for number in (1, 2):
        words = [sys.executable, str(script), str(cache), str(number), signal, *map(str, files)]
        with running(words, env=os.environ, stderr=-1, stdout=-1) as process:
            process.communicate(timeout=HANG)
        assert process.returncode == code if code else process.returncode != 0
        entries = [path for path in cache.iterdir() if not path.name.startswith(".")]
        assert len(entries) >= stored + number
        stored = len(entries)
    seen = []
    found = rc.compare_all(files, jobs=1, cache=cache, progress=seen.append)
    assert same(found, expected)
    assert 0 < seen[0].found < 21


def golden_rows() -> dict[str, object]:
    """The row of two small networks whose representations are in the repository."""
    names = [{name: f"{model}.{name}" for name in ("embeddings", "unembeddings")} for model in "ab"]
    checked, _ = checked_files([ModelFile.at(GOLDEN / "pair.safetensors", **named) for named in names], {})
    (row,) = run_pairs(checked, {}, ThisProcess(), jobs=1, side=2, one_thread=False)
    return {"protocol": pair_tiles.PROTOCOL, "row": row}


def test_other_digits_have_another_protocol():
    """Where they are meant to change: raise `pair_tiles.PROTOCOL`, and execute this file to write the new digits."""
    kept, found = json.loads(ROWS.read_text()), golden_rows()
    assert found["protocol"] == kept["protocol"], "write the digits of the new protocol"
    assert list(found["row"]) == list(kept["row"])
    for name, value in kept["row"].items():
        assert found["row"][name] == (
            pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
        ), name


# -- where it is done --------------------------------------------------------------------------------------------------


def test_workers_have_one_thread_and_this_process_what_it_had(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with local_executor(1) as executor:
        found, missing = (
            executor.submit(os.getenv, f"{name}_NUM_THREADS").result() for name in ("OMP", "MKL")
        )
    assert (found, missing) == ("1", "1")
    assert (os.environ["OMP_NUM_THREADS"], os.environ.get("MKL_NUM_THREADS")) == ("3", None)


def test_all_pairs_need_no_torch(files, tmp_path):
    code = (
        "import sys\nimport repsim_core as rc\n"
        "if __name__ == '__main__':\n    print(len(rc.compare_all(sys.argv[1:], jobs=1)))\n"
        "assert 'torch' not in sys.modules\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    with running([sys.executable, str(script), *map(str, files[:3])], stdout=-1, stderr=-1) as process:
        assert process.communicate(timeout=HANG) == ("3\n", "")


def test_a_cluster_gives_the_same_rows(files, monkeypatch):
    from clusters import local_cluster  # skips where Dask is not installed

    monkeypatch.setattr(executors, "_ANSWER_SECONDS", HANG)
    checked, _ = checked_files([ModelFile.at(path) for path in files], {})
    with local_executor(1) as executor:
        expected = run_pairs(checked, {}, executor, jobs=1, side=3, one_thread=True)
    with local_cluster() as cluster, executors.dask_executor(cluster.scheduler_address) as executor:
        found = run_pairs(checked, {}, executor, jobs=100, side=3, one_thread=True)
    assert json.dumps(found) == json.dumps(expected)


if __name__ == "__main__":
    ROWS.write_text(json.dumps(golden_rows(), indent=2) + "\n")
