"""Train the paper's networks for CIFAR-10 (recipe "paper") for many seeds at once on one GPU.

The networks of this record were trained by this script, in the root of the project at commit c1b3288, whose modules it
imports; only its layout and the names of the files that it writes have changed since. Each step of all models of one
dimension M is one CUDA graph, in which every model has a stream of its own. After so many seconds it stops, and goes
on when it is started again.

Usage: train_paper.py OUT SECONDS [--cpu-test]. REPSIM_CIFAR10 says where the images are; --cpu-test tries it on random
ones. `repsim study record cifar10 --trained OUT`, with a file origin.json beside the others, makes the record.
"""

# ruff: noqa: B905, E402, E501, F841
import json
import math
import os
import sys
import time

T0 = time.monotonic()
import torch
from safetensors.torch import save_file
from torch import nn

sys.path.insert(0, os.getcwd())  # the project at commit c1b3288
from dataclasses import asdict, replace

from repsim_core.image_models import ImageModel
from repsim_core.image_training import train_images
from repsim_core.images import ImageSet
from repsim_core.recipes import RECIPES
from repsim_core.training_run import batch_order

OUT, DEADLINE = sys.argv[1], float(sys.argv[2])
CPU = "--cpu-test" in sys.argv
STATE = os.environ.get("REPSIM_STATE", os.path.join(OUT, "state"))
os.makedirs(STATE, exist_ok=True)
dev = torch.device("cpu" if CPU else "cuda")
STEPS = 6 if CPU else 20_000
SEEDS = list(range(2 if CPU else 10))
GROUPS = [2] if CPU else [2, 3, 5]
SNAPS = [0, 100, 300, 1000, 3000, 10000]
recipe = replace(RECIPES["paper"], steps=STEPS)
B = recipe.batch_size


def say(*a):
    print(f"[{time.monotonic() - T0:7.1f}]", *a, flush=True)


def left():
    return DEADLINE - (time.monotonic() - T0)


def load():
    if CPU:
        g = torch.Generator().manual_seed(0)
        return [
            ImageSet(
                torch.randint(0, 256, (n, 32, 32, 3), generator=g, dtype=torch.uint8),
                torch.randint(0, 10, (n,), generator=g),
                tuple("abcdefghij"),
                "random",
            )
            for n in (400, 100)
        ]
    from repsim_core.image_units import fingerprint, load_images

    sets = load_images("cifar10")
    say("images", [s.name for s in sets], "fingerprint", fingerprint("cifar10"))
    return sets


class Group:
    """Models of one M that differ by their seed, trained in step."""

    def __init__(self, images, dim, seeds):
        self.dim, self.seeds = dim, seeds
        self.x = images.images.to(dev)
        self.y = images.labels.to(dev)
        n = len(images)
        per = n // B
        epochs = math.ceil(STEPS / per)
        order = torch.cat([batch_order(n, 0, e)[: per * B] for e in range(epochs)])[: STEPS * B]
        self.order = order.to(dev)
        self.models = [ImageModel(recipe, channels=3, classes=10, dim=dim, seed=s).to(dev) for s in seeds]
        self.opts = [
            torch.optim.Adam(
                [*m.body.parameters(), *m.head.parameters(), *m.g.parameters()],
                lr=recipe.lr,
                **({} if CPU else dict(fused=True, capturable=True)),
            )
            for m in self.models
        ]
        self.losses = torch.zeros(len(seeds), STEPS, device=dev)
        self.at = torch.zeros((), dtype=torch.long, device=dev)
        self.ar = torch.arange(B, device=dev)
        self.done = 0
        self.streams = [None] * len(seeds) if CPU else [torch.cuda.Stream() for _ in seeds]

    def one(self, i, inputs, labels):
        m, opt = self.models[i], self.opts[i]
        opt.zero_grad(set_to_none=True)
        f = m.head(m.body(inputs))
        loss = nn.functional.cross_entropy(f @ m.unembeddings().T, labels)
        loss.backward()
        opt.step()
        self.losses[i].index_copy_(0, self.at[None], loss.detach()[None])

    def step(self):
        rows = self.order.index_select(0, self.at * B + self.ar)
        labels = self.y.index_select(0, rows)
        inputs = self.x.index_select(0, rows).permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1.0
        if CPU:
            for i in range(len(self.models)):
                self.one(i, inputs, labels)
        else:
            main = torch.cuda.current_stream()
            for i, s in enumerate(self.streams):
                s.wait_stream(main)
                with torch.cuda.stream(s):
                    self.one(i, inputs, labels)
            for s in self.streams:
                main.wait_stream(s)
        self.at += 1
        self.done += 1

    def warm(self, n=4):
        """The first steps, outside the graph."""
        if CPU:
            for _ in range(n):
                self.step()
            return
        s = torch.cuda.Stream()
        s.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(s):
            for _ in range(n):
                self.step()
        torch.cuda.current_stream().wait_stream(s)
        torch.cuda.synchronize()

    def capture(self):
        if CPU:
            self.graph = None
            return
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            done = self.done
            self.step()
            self.done = done
        torch.cuda.synchronize()

    def run_to(self, target):
        while self.done < target:
            if self.graph is None:
                self.step()
            else:
                self.graph.replay()
                self.done += 1
            if self.done % 500 == 0 and not CPU:
                torch.cuda.synchronize()
                if left() < 12:
                    return False
        return True

    @torch.no_grad()
    def representations(self, test):
        fs, gs = [], []
        for m in self.models:
            m.eval()
            parts = [m.embeddings(p.to(dev)) for p in test.images.split(1000)]
            fs.append(torch.cat(parts))
            gs.append(m.unembeddings())
            m.train()
        f, g = torch.stack(fs), torch.stack(gs)
        y = test.labels.to(dev)
        logits = torch.einsum("snm,skm->snk", f.double(), g.double())
        acc = (logits.argmax(2) == y).double().mean(1)
        loss = torch.stack([nn.functional.cross_entropy(l, y) for l in logits])
        return f.float().cpu(), g.float().cpu(), acc.cpu(), loss.cpu()

    def state(self):
        return {
            "models": [m.state_dict() for m in self.models],
            "opts": [o.state_dict() for o in self.opts],
            "losses": self.losses,
            "done": self.done,
        }

    def restore(self, s):
        for m, d in zip(self.models, s["models"]):
            m.load_state_dict(d)
        for o, d in zip(self.opts, s["opts"]):
            o.load_state_dict(d)
        self.losses.copy_(s["losses"])
        self.done = s["done"]
        self.at.fill_(self.done)


def save_group(group, test, snaps, seconds):
    f, g, acc, loss = group.representations(test)
    say(
        f"M={group.dim} accuracy",
        [round(float(a), 4) for a in acc],
        "loss",
        [round(float(l), 4) for l in loss],
    )
    curve = torch.stack([c.mean(dim=0) for c in group.losses.T.split(-(-STEPS // 150))]).cpu()
    train = group.losses[:, -100:].double().mean(1).cpu()
    tensors = {
        "seeds": torch.tensor(group.seeds),
        "embeddings": f.contiguous(),
        "unembeddings": g.contiguous(),
        "labels": test.labels.to(torch.uint8),
        "test_accuracy": acc,
        "test_loss": loss,
        "train_loss": train,
        "loss_curve": curve.contiguous(),
    }
    meta = {
        "recipe": json.dumps(asdict(recipe)),
        "dim": str(group.dim),
        "device": "cpu" if CPU else torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "seconds": f"{seconds:.1f}",
        "precision": "float32, TF32 in convolutions (torch's default)",
    }
    save_file(tensors, f"{OUT}/paper-M{group.dim}.safetensors", meta)
    if snaps:
        t = {}
        for step, (ff, gg, aa, ll) in snaps.items():
            t[f"{step}/embeddings"] = ff.half().contiguous()
            t[f"{step}/unembeddings"] = gg.contiguous()
            t[f"{step}/test_accuracy"] = aa
            t[f"{step}/test_loss"] = ll
        save_file(t, f"{OUT}/paper-M{group.dim}-steps.safetensors", meta)
    torch.save({"done": True}, f"{STATE}/M{group.dim}.done")


def selftest(train):
    """The project's own eager path against the graph, same seed, first steps; and its rate."""
    r = replace(RECIPES["paper"], steps=60)
    torch.cuda.synchronize()
    a = time.monotonic()
    t = train_images(train, recipe=r, seed=0, dim=2, device="cuda")
    torch.cuda.synchronize()
    b = time.monotonic()
    r2 = replace(RECIPES["paper"], steps=160)
    t2 = train_images(train, recipe=r2, seed=0, dim=2, device="cuda")
    torch.cuda.synchronize()
    c = time.monotonic()
    say(f"eager paper recipe: {((c - b) - (b - a)) * 10:.2f} ms a step (first call {b - a:.1f} s)")
    rf = replace(RECIPES["fast"], steps=40)
    rg = replace(RECIPES["fast"], steps=140)
    torch.cuda.synchronize()
    a = time.monotonic()
    train_images(train, recipe=rf, seed=0, dim=2, device="cuda")
    torch.cuda.synchronize()
    b = time.monotonic()
    train_images(train, recipe=rg, seed=0, dim=2, device="cuda")
    torch.cuda.synchronize()
    c = time.monotonic()
    say(f"eager fast recipe: {((c - b) - (b - a)) * 10:.2f} ms a step")
    return t.losses[:40]


def main():
    train, test = load()
    if not CPU:
        torch.backends.cudnn.benchmark = True
        say(
            torch.cuda.get_device_name(),
            torch.__version__,
            "tf32 conv",
            torch.backends.cudnn.allow_tf32,
            "tf32 matmul",
            torch.backends.cuda.matmul.allow_tf32,
        )
        if not os.path.exists(f"{STATE}/tested"):
            ref = selftest(train)
            g = Group(train, 2, [0, 1])
            g.warm()
            g.capture()
            g.run_to(40)
            torch.cuda.synchronize()
            say("losses, eager:", [round(float(x), 4) for x in ref[::6]])
            say("losses, graph:", [round(float(x), 4) for x in g.losses[0, :40:6]])
            say(
                "largest difference in the first 40 losses:",
                float((ref - g.losses[0, :40].cpu()).abs().max()),
            )
            del g
            torch.cuda.empty_cache()
            open(f"{STATE}/tested", "w").close()
    for dim in GROUPS:
        if os.path.exists(f"{STATE}/M{dim}.done"):
            continue
        group = Group(train, dim, SEEDS)
        partial, snaps, spent = f"{STATE}/M{dim}.part", {}, 0.0
        if os.path.exists(partial):
            s = torch.load(partial, weights_only=False, map_location=dev)
            snaps, spent = s.pop("snaps"), s.pop("seconds")
            group.restore(s)
            say(f"M={dim} resumes at {group.done}")
        else:
            snaps[0] = group.representations(test)
        a = time.monotonic()
        group.warm()
        group.capture()
        say(f"M={dim} captured, {left():.0f} s left")
        if not CPU:
            n0 = group.done
            torch.cuda.synchronize()
            t1 = time.monotonic()
            group.run_to(n0 + 50)
            torch.cuda.synchronize()
            t2 = time.monotonic()
            say(
                f"{(t2 - t1) / 50 * 1e3:.2f} ms a step of {len(SEEDS)} models; all steps {(t2 - t1) / 50 * STEPS:.0f} s; memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB"
            )
        ok = True
        for target in [s for s in SNAPS if s > group.done and s < STEPS] + [STEPS]:
            ok = group.run_to(target)
            if not ok:
                break
            if target < STEPS:
                snaps[target] = group.representations(test)
                say(f"M={dim} step {target} accuracy {[round(float(x), 3) for x in snaps[target][2]]}")
        if not CPU:
            torch.cuda.synchronize()
        spent += time.monotonic() - a
        if ok:
            save_group(group, test, snaps, spent)
            say(f"M={dim} whole: {spent:.1f} s")
            if os.path.exists(partial):
                os.remove(partial)
        else:
            torch.save({**group.state(), "snaps": snaps, "seconds": spent}, partial)
            say(f"M={dim} interrupted at {group.done}, kept")
            return
        del group
        if not CPU:
            torch.cuda.empty_cache()


main()
say("end")
