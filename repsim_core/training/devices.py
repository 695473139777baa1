"""Where to train: devices by name."""

from __future__ import annotations

import torch


def as_device(device: object) -> torch.device:
    """The device of that name; for None a GPU if there is one, else the CPU.

    Raises:
        TypeError, ValueError: no such device here.
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if not isinstance(device, (str, torch.device)):
        raise TypeError(f"device: found {device!r}, expected a name such as 'cpu' or 'cuda', or None")
    try:
        place = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device: found {device!r}, expected a name such as 'cpu' or 'cuda'") from error
    if place.type not in ("cpu", "cuda"):
        raise ValueError(f"device: found {str(place)!r}, expected 'cpu' or 'cuda'")
    count = torch.cuda.device_count()
    if place.type == "cuda" and (place.index or 0) >= count:
        here = f"one of the {count} GPUs that are here" if count else "'cpu': there is no GPU here"
        raise ValueError(f"device: found {str(place)!r}, expected {here}")
    return place
