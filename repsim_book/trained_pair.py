"""The trained pair of the playground: of the record over widths, close both ways and as dissimilar as any.

    python -m repsim_book.trained_pair

writes `book/_static/play/trained.js` anew.
"""

import json
from pathlib import Path

import pandas as pd

from repsim_book.paths import find_root
from repsim_core.files import write_atomic

FILE = Path("book/_static/play/trained.js")
RECORD = Path("book/records/width")
# Both divergences of a close pair are below this, in nats.
CLOSE = 0.05
# Of each number, so many digits mean something.
DIGITS = 5


def trained_pair(root: Path) -> dict[str, list]:
    """The pair with free norms and the least mean CCA among those that are close, as plain lists.

    Args:
        root: the folder of the book.

    Returns:
        `f` and `g` of both networks, row by row; `of`, the true labels; and `seeds`, `width`.
    """
    from repsim_core.studies.records import read_record  # torch comes with it
    from repsim_core.studies.stored_representations import read_representations

    record = read_record(root / RECORD)
    pairs: pd.DataFrame = record.pairs
    close = pairs[(pairs[["d_kl", "d_kl_reverse"]] < CLOSE).all(axis=1) & (pairs["variant"] == "free")]
    pair = close.sort_values(["mean_cca", "seed_a", "seed_b"]).iloc[0]
    stored = read_representations(root / RECORD, record)
    (group,) = [each for each in stored if each.label == f"K{pair['classes']}-w{pair['width']}-free"]
    seeds = [int(pair["seed_a"]), int(pair["seed_b"])]
    models = [stored[group].models[seed] for seed in seeds]
    labels = models[0].labels
    assert labels is not None
    return {
        "f": [_written(model.embeddings) for model in models],
        "g": [_written(model.unembeddings) for model in models],
        "of": labels.tolist(),
        "seeds": seeds,
        "width": [int(pair["width"])],
    }


def _written(values) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in values.ravel().tolist()]


def text(found: dict[str, list]) -> str:
    """As the file has it: a module, which a page that is opened from a disk can have too."""
    data = json.dumps(found, separators=(",", ":"))
    return f"// Written by repsim_book.trained_pair.\nexport const trained = {data};\n"


if __name__ == "__main__":
    home = find_root()
    write_atomic(home / FILE, text(trained_pair(home)).encode())
