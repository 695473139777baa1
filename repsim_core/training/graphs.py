"""CUDA graphs: what is launched again and again in small pieces, launched as one.

On the CPU everything here just calls what it is given, so that what is trained by a graph is the code that is tested
without a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor


def recorded(work: Callable[[], object], device: torch.device) -> Callable[[], object]:
    """Something that does the work again at each call: on a GPU a graph of it, elsewhere the work itself.

    Args:
        work: reads and writes the same tensors each time, takes what differs between calls from them, and never waits
            for the GPU. It has to have run before, so that nothing is set up while it is recorded.
        device: where it works.
    """
    if device.type != "cuda":
        return work
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


class Repeated:
    """A function of tensors, the same each time but for their values; from its second call on by a graph.

    Args:
        function: reads and writes the tensors that it is given, and never waits for the GPU.
        device: where they are.
    """

    def __init__(self, function: Callable[..., object], device: torch.device) -> None:
        self.function, self.device = function, device
        self.tensors: list[Tensor] | None = None

    def __call__(self, *tensors: Tensor) -> None:
        if self.tensors is None:
            # The first call sets up what the function needs.
            self.function(*tensors)
            self.tensors = [tensor.clone() for tensor in tensors]
            self.work = recorded(partial(self.function, *self.tensors), self.device)
            return
        for own, given in zip(self.tensors, tensors, strict=True):
            own.copy_(given)
        self.work()
        for own, given in zip(self.tensors, tensors, strict=True):
            given.copy_(own)


class SideBySide:
    """Several pieces of work that do not touch each other, on a GPU each in a stream of its own.

    Args:
        works: what to do at each call.
        device: where they work.
    """

    def __init__(self, works: Sequence[Callable[[], object]], device: torch.device) -> None:
        self.works = works
        self.streams = [torch.cuda.Stream(device) for _ in works] if device.type == "cuda" else []

    def __call__(self) -> None:
        if not self.streams:
            for work in self.works:
                work()
            return
        here = torch.cuda.current_stream()
        for work, stream in zip(self.works, self.streams, strict=True):
            stream.wait_stream(here)
            with torch.cuda.stream(stream):
                work()
        for stream in self.streams:
            here.wait_stream(stream)
