import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from repsim_core.datasets.tabular import Dataset, radial
from repsim_core.studies.units import one_thread
from repsim_core.training import devices
from repsim_core.training.graphs import Repeated
from repsim_core.training.networks import Architecture, mlp, parameter_shapes
from repsim_core.training.progress import Progress, terminal_progress
from repsim_core.training.stack_run import StackRun, _blocks, batch_order
from repsim_core.training.stacks import train_stack

TRAIN, TEST = radial(4, 2_000), radial(4, 500, seed=1)
# The paper's learning rate: far larger ones make of rounding, in parameters whose gradient is nearly 0, whole steps.
SMALL = {"width": 16, "steps": 60, "batch_size": 64, "lr": 1e-4, "device": "cpu"}


@pytest.fixture(autouse=True)
def _one_thread():
    """Tiny networks gain nothing from more, and lose much on a busy machine."""
    with one_thread():
        yield


def one_seed_loop(data, shape, seed, *, steps, batch_size, lr, batch_seed=0):
    """What a user would write for one seed: modules, autograd, torch.optim.Adam."""
    row = shape.initial(seed)
    split = sum(a * b for a, b in parameter_shapes(shape.embedding_sizes))
    f, g = mlp(shape.embedding_sizes, row[:split]), mlp(shape.unembedding_sizes, row[split:])
    optimizer = torch.optim.Adam([*f.parameters(), *g.parameters()], lr=lr)
    one_hot = torch.eye(data.classes)[:, :-1]

    def outputs(inputs):
        rescale = nn.functional.normalize
        e, u = f(inputs), g(one_hot)
        e = e if shape.embedding_norm is None else shape.embedding_norm * rescale(e, dim=1)
        u = u if shape.unembedding_norm is None else shape.unembedding_norm * rescale(u, dim=1)
        return e, u

    per_epoch, losses = len(data) // batch_size, []
    for step in range(steps):
        epoch, batch = divmod(step, per_epoch)
        rows = batch_order(len(data), batch_seed, epoch)[batch * batch_size : (batch + 1) * batch_size]
        e, u = outputs(data.inputs[rows])
        loss = nn.functional.cross_entropy(e @ u.T, data.labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses), outputs


def assert_same(model, embeddings, unembeddings, unembedding_norm=None):
    """Equal to rounding; free unembeddings only up to a constant vector, which no loss holds in place."""
    pairs = [(model.embeddings, embeddings), (model.unembeddings, unembeddings)]
    if unembedding_norm is None:
        pairs[1] = tuple(g - g.mean(dim=0) for g in pairs[1])
    for found, expected in pairs:
        assert float((found - expected).norm() / expected.norm()) < 1e-3


@pytest.mark.parametrize("norms", [(None, None), (20.0, None), (None, 20.0), (20.0, 20.0)], ids=repr)
def test_a_stack_s_models_are_those_of_a_plain_loop_for_each_seed(norms):
    f_norm, g_norm = norms
    stack = train_stack(
        TRAIN, seeds=[3, 0, 5], embedding_norm=f_norm, unembedding_norm=g_norm, batch_seed=2, **SMALL
    )
    shape = stack.architecture
    assert shape == Architecture(2, 4, 2, 16, 3, f_norm, g_norm)
    for index, (seed, model) in enumerate(zip(stack.seeds, stack.representations(TEST), strict=True)):
        losses, outputs = one_seed_loop(TRAIN, shape, seed, steps=60, batch_size=64, lr=1e-4, batch_seed=2)
        torch.testing.assert_close(stack.losses[:, index], losses, rtol=1e-4, atol=1e-5)
        with torch.no_grad():
            e, u = outputs(TEST.inputs)
        assert_same(model, e, u, g_norm)
        if f_norm is not None:
            assert model.embeddings.norm(dim=1).numpy() == pytest.approx(f_norm, rel=1e-5)
        if g_norm is not None:
            assert model.unembeddings.norm(dim=1).numpy() == pytest.approx(g_norm, rel=1e-5)


@pytest.mark.parametrize("width", [16, 96])
def test_training_together_is_training_alone(width):
    options = SMALL | {"width": width}
    together = train_stack(TRAIN, seeds=range(12), **options)
    models = together.representations(TEST)
    for seed in (0, 5, 11):
        alone = train_stack(TRAIN, seeds=[seed], **options)
        torch.testing.assert_close(together.losses[:, seed], alone.losses[:, 0], rtol=1e-4, atol=1e-5)
        (model,) = alone.representations(TEST)
        assert_same(models[seed], model.embeddings, model.unembeddings)


def test_the_number_of_threads_changes_no_bit_and_is_restored():
    results, wide = [], SMALL | {"width": 96, "steps": 20}  # wide enough for several blocks
    for number in (1, 2, 3):
        torch.set_num_threads(number)
        results.append(train_stack(TRAIN, seeds=range(5), **wide))
        assert torch.get_num_threads() == number
        with pytest.raises(RuntimeError, match="stop"):
            train_stack(TRAIN, seeds=range(5), progress=_stop, **wide)
        assert torch.get_num_threads() == number
    for other in results[1:]:
        assert torch.equal(other.parameters, results[0].parameters)
        assert torch.equal(other.losses, results[0].losses)


def _stop(_: Progress) -> None:
    raise RuntimeError("stop")


def test_it_learns_and_says_how_well():
    stack = train_stack(TRAIN, seeds=[1, 2], width=64, steps=400, lr=2e-3, device="cpu")
    table = stack.evaluate(TEST)
    assert list(table.columns) == ["seed", "loss", "accuracy"]
    assert list(table["seed"]) == [1, 2]
    assert table["accuracy"].min() > 0.9
    assert table["loss"].max() < 0.4
    assert stack.losses.shape == (400, 2)
    assert float(stack.losses[0].mean()) == pytest.approx(np.log(4), rel=0.1)
    assert float(stack.losses[-20:].mean()) < 0.4
    whole = stack.representations(TEST)
    parts = stack.representations(TEST, block=7)
    for a, b in zip(whole, parts, strict=True):
        torch.testing.assert_close(a.embeddings, b.embeddings, rtol=1e-4, atol=1e-5)
        assert torch.equal(a.labels, TEST.labels)


def test_no_steps_leave_the_initial_models():
    stack = train_stack(TRAIN, seeds=[4], steps=0, width=8, device="cpu")
    assert torch.equal(stack.parameters[0], stack.architecture.initial(4))
    assert stack.losses.shape == (0, 1)


def test_mini_batches_cover_each_epoch_once_whatever_the_rounds():
    shape = Architecture(2, 4, width=4)
    run = StackRun(
        TRAIN, shape, (0,), steps=100, batch_size=300, lr=1e-3, batch_seed=9, device=torch.device("cpu")
    )
    at_once = run._rows(0, 40)  # 6 mini-batches an epoch, 200 inputs left out
    assert torch.equal(torch.cat([run._rows(step, 1) for step in range(40)]), at_once)
    assert torch.equal(torch.cat([run._rows(0, 11), run._rows(11, 29)]), at_once)
    epochs = at_once[:36].reshape(6, 1800)
    assert all(len(set(epoch.tolist())) == 1800 for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])
    assert torch.equal(epochs[2], batch_order(2000, 9, 2)[:1800])


@pytest.mark.parametrize("number", [1, 2, 3, 7, 20, 41])
@pytest.mark.parametrize("parameters", [100, 70_000, 265_000, 10**8])
def test_blocks_hold_every_seed_once_in_order(number, parameters):
    seeds = tuple(range(100, 100 + number))
    blocks = _blocks(seeds, parameters)
    assert tuple(seed for block in blocks for seed in block) == seeds
    sizes = [len(block) for block in blocks]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) == 1 or max(sizes) * parameters <= 560_000
    assert len(blocks) % 2 == 0 or len(blocks) in (1, number)


# -- checkpoints --------------------------------------------------------------------------------------------------


def test_an_interrupted_run_ends_with_the_same_bits(tmp_path):
    path = tmp_path / "run.safetensors"
    options = SMALL | {"steps": 230, "width": 16}
    whole = train_stack(TRAIN, seeds=range(3), **options)

    def interrupt(progress: Progress) -> None:
        if progress.step >= interrupt.at:
            raise KeyboardInterrupt

    for interrupt.at in (50, 110, 170):
        with pytest.raises(KeyboardInterrupt):
            train_stack(
                TRAIN, seeds=range(3), checkpoint=path, checkpoint_every=40, progress=interrupt, **options
            )
        assert path.exists()
    steps = []
    resumed = train_stack(
        TRAIN, seeds=range(3), checkpoint=path, progress=lambda now: steps.append(now.step), **options
    )
    assert steps[0] > 100
    assert torch.equal(resumed.parameters, whole.parameters)
    assert torch.equal(resumed.losses, whole.losses)
    again = train_stack(
        TRAIN, seeds=range(3), checkpoint=path, progress=_stop, **options
    )  # nothing is left to do
    assert torch.equal(again.parameters, whole.parameters)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_finished_run_can_be_made_longer(tmp_path):
    path = tmp_path / "run.safetensors"
    train_stack(TRAIN, seeds=[1], checkpoint=path, **SMALL)
    longer = train_stack(TRAIN, seeds=[1], checkpoint=path, **SMALL | {"steps": 90})
    assert torch.equal(longer.parameters, train_stack(TRAIN, seeds=[1], **SMALL | {"steps": 90}).parameters)
    with pytest.raises(ValueError, match=r"checkpoint: .* is at step 90, expected at most steps = 60"):
        train_stack(TRAIN, seeds=[1], checkpoint=path, **SMALL)


@pytest.mark.parametrize(
    "change",
    [{"seeds": [2]}, {"lr": 2e-3}, {"width": 9}, {"batch_seed": 1}, {"embedding_norm": 20}, {"data": 3}],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change):
    path = tmp_path / "run.safetensors"
    train_stack(TRAIN, seeds=[1], checkpoint=path, **SMALL)
    data = radial(4, 2_000, seed=change["data"]) if "data" in change else TRAIN
    change = {name: value for name, value in change.items() if name != "data"}
    with pytest.raises(ValueError, match=r"checkpoint: .* is of another run"):
        train_stack(data, **{"seeds": [1]} | SMALL | change, checkpoint=path)


def test_a_damaged_checkpoint_is_named(tmp_path):
    path = tmp_path / "run.safetensors"
    train_stack(TRAIN, seeds=[1], checkpoint=path, **SMALL)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"checkpoint: .*run\.safetensors is damaged"):
        train_stack(TRAIN, seeds=[1], checkpoint=path, **SMALL)


# -- progress -----------------------------------------------------------------------------------------------------


def test_progress_tells_steps_and_time_left(monkeypatch, capsys):
    told = []
    train_stack(TRAIN, seeds=[0], progress=told.append, **SMALL | {"steps": 250})
    assert [now.step for now in told] == [100, 200, 250]
    assert {now.steps for now in told} == {250}
    assert told[0].seconds_left == pytest.approx(1.5 * told[0].seconds)
    assert told[-1].seconds_left == 0
    terminal_progress(told[0])
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for now in told:
        terminal_progress(now)
    written = capsys.readouterr().err
    assert "100/250" in written
    assert written.count("\r") == 3
    assert written.endswith("\n")


# -- bad arguments ------------------------------------------------------------------------------------------------


def _with(**changes) -> Callable[[], Dataset]:
    """Makes the training data with something changed; within a test, where `own_checks_only` lets it be made."""
    return partial(replace, TRAIN, **changes)


NAN = TRAIN.inputs.clone()
NAN[5, 1] = torch.nan
BAD = [
    ({"seeds": []}, ValueError, "seeds"),
    ({"seeds": [1, 1]}, ValueError, "seeds"),
    ({"seeds": [-1]}, ValueError, "seeds"),
    ({"seeds": [2**63]}, ValueError, "seeds"),
    ({"seeds": [1.5]}, TypeError, "seeds"),
    ({"seeds": 3}, TypeError, "seeds"),
    ({"seeds": "12"}, TypeError, "seeds"),
    ({"dim": 0}, ValueError, "dim"),
    ({"width": 0}, ValueError, "width"),
    ({"width": 16.0}, TypeError, "width"),
    ({"depth": 0}, ValueError, "depth"),
    ({"steps": -1}, ValueError, "steps"),
    ({"steps": True}, TypeError, "steps"),
    ({"batch_size": 0}, ValueError, "batch_size"),
    ({"batch_size": 2001}, ValueError, "batch_size"),
    ({"lr": -1e-3}, ValueError, "lr"),
    ({"lr": float("nan")}, ValueError, "lr"),
    ({"lr": "fast"}, TypeError, "lr"),
    ({"embedding_norm": 0}, ValueError, "embedding_norm"),
    ({"embedding_norm": -20}, ValueError, "embedding_norm"),
    ({"unembedding_norm": float("inf")}, ValueError, "unembedding_norm"),
    ({"batch_seed": -1}, ValueError, "batch_seed"),
    ({"device": "warp"}, ValueError, "device"),
    ({"device": "cuda:99"}, ValueError, "device"),
    ({"device": "meta"}, ValueError, "device"),
    ({"device": 0}, TypeError, "device"),
    ({"checkpoint_every": 0}, ValueError, "checkpoint_every"),
    ({"dataset": TRAIN.inputs}, TypeError, "dataset"),
    ({"dataset": _with(classes=1)}, ValueError, r"dataset\.classes"),
    ({"dataset": _with(classes=3)}, ValueError, r"dataset\.labels"),
    ({"dataset": _with(labels=TRAIN.labels - 1)}, ValueError, r"dataset\.labels"),
    ({"dataset": _with(labels=TRAIN.labels[:-1])}, ValueError, r"dataset\.labels"),
    ({"dataset": _with(labels=TRAIN.labels.float())}, TypeError, r"dataset\.labels"),
    ({"dataset": _with(inputs=NAN)}, ValueError, r"dataset\.inputs"),
    ({"dataset": _with(inputs=TRAIN.inputs.long())}, TypeError, r"dataset\.inputs"),
    ({"dataset": _with(inputs=TRAIN.inputs.numpy())}, TypeError, r"dataset\.inputs"),
    ({"dataset": _with(inputs=TRAIN.inputs[:, 0])}, ValueError, r"dataset\.inputs"),
    ({"dataset": _with(inputs=TRAIN.inputs[:0], labels=TRAIN.labels[:0])}, ValueError, r"dataset\.inputs"),
]


@pytest.mark.usefixtures("own_checks_only")
@pytest.mark.parametrize(("change", "error", "name"), BAD, ids=lambda value: str(value)[:40])
def test_a_bad_argument_is_named(change, error, name):
    arguments = {"dataset": TRAIN, "seeds": [0]} | SMALL | change
    if callable(arguments["dataset"]):
        arguments["dataset"] = arguments["dataset"]()
    with pytest.raises(error, match=f"^{name}: "):
        train_stack(arguments.pop("dataset"), **arguments)


@pytest.mark.parametrize(
    "data", [radial(5, 100), replace(TRAIN, inputs=torch.zeros(2_000, 3))], ids=["classes", "inputs"]
)
def test_another_kind_of_data_set_is_refused_after_training(data):
    stack = train_stack(TRAIN, seeds=[0], **SMALL | {"steps": 1})
    with pytest.raises(ValueError, match=r"^dataset: found D = .* as in training"):
        stack.evaluate(data)


def test_rounds_that_are_repeated_give_the_bits_of_the_loop():
    """What a GPU replays as a graph, without one."""
    runs = [
        StackRun(
            TRAIN,
            Architecture(2, 4, width=8),
            (0, 1),
            steps=350,
            batch_size=32,
            lr=1e-4,
            batch_seed=0,
            device=torch.device("cpu"),
        )
        for _ in range(2)
    ]
    assert len(runs[0].blocks) == 1
    assert runs[0].round is None
    runs[0].round = Repeated(runs[0].blocks[0].train, torch.device("cpu"))
    for run in runs:
        while run.done < run.steps:
            run.advance(run.steps, None)
    assert torch.equal(runs[0].losses(), runs[1].losses())
    assert torch.equal(runs[0].rows("parameters"), runs[1].rows("parameters"))


# -- GPU ----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_the_loop_never_waits_and_the_result_is_the_same():
    run = StackRun(
        TRAIN,
        Architecture(2, 4, width=16),
        (0, 1),
        steps=60,
        batch_size=64,
        lr=1e-4,
        batch_seed=0,
        device=torch.device("cuda"),
    )
    run.advance(10, None)
    torch.cuda.set_sync_debug_mode("error")
    try:
        while run.done < run.steps:
            run.advance(7, None)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    on_cpu = train_stack(TRAIN, seeds=[0, 1], **SMALL | {"width": 16})
    torch.testing.assert_close(run.losses(), on_cpu.losses, rtol=1e-3, atol=1e-4)
    on_gpu = train_stack(TRAIN, seeds=[0, 1], **SMALL | {"width": 16, "device": "cuda"})
    torch.testing.assert_close(on_gpu.parameters.cpu(), on_cpu.parameters, rtol=1e-2, atol=1e-3)
    assert on_gpu.representations(TEST)[0].embeddings.is_cuda


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_recorded_rounds_are_the_steps_one_by_one():
    given = {**SMALL, "width": 16, "steps": 450, "device": "cuda", "seeds": [0, 1]}
    recorded = train_stack(TRAIN, **given)
    # No round is whole.
    one_by_one = train_stack(TRAIN, **given, checkpoint_every=50)
    torch.testing.assert_close(recorded.losses, one_by_one.losses, rtol=1e-3, atol=1e-4)


def test_the_default_device_is_the_gpu_if_there_is_one():
    assert devices.as_device(None).type == ("cuda" if torch.cuda.is_available() else "cpu")
