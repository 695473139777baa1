"""Which copies of a data set of images the entries of a store belong to: kept beside them.

Keys of results hold a hash of the images. By these notes the results are found without the images.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from repsim_core.datasets.loading import Copy, copy_at_hand
from repsim_core.files import to_json, write_atomic
from repsim_core.store import Store


def note_copy(store: Store, dataset: str, copy: Copy) -> None:
    """Remember that the store holds results from this copy of the data set.

    Raises:
        WriteError: the note cannot be written.
    """
    path = store.directory / f".images-{dataset}-{copy.data}.json"
    write_atomic(path, to_json(asdict(copy)).encode())


def noted_copies(store: Store, dataset: str) -> list[Copy]:
    """The copies of the data set whose results the store holds; a damaged note is reported and left out."""
    found = []
    for path in store.directory.glob(f".images-{dataset}-*.json"):
        try:
            copy = Copy(**json.loads(path.read_bytes()))
            if not (isinstance(copy.data, str) and isinstance(copy.images, str)):
                raise TypeError
            found.append(copy)
        except (OSError, ValueError, TypeError):
            store.report(f"damaged note of images, left out: {path}")
    return sorted(found)


def copy_of(store: Store, dataset: str) -> Copy | None:
    """The copy of the data set whose results are looked up in the store; nothing is fetched for it.

    It is the one that is noted; of several the one at hand, else the first by its hash. Where none is noted it is the
    one at hand, None without images.
    """
    noted = noted_copies(store, dataset)
    if len(noted) == 1:
        return noted[0]
    here = copy_at_hand(dataset)
    return here if here in noted or not noted else noted[0]
