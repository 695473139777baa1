"""Where things are: in a book's sources, in what is built from them, and in the pages."""

from pathlib import Path

from repsim_core.errors import InputError
from repsim_core.texts import shown

# The folder that this package lies in: of an installation for development, the book's.
HOME = Path(__file__).parents[1]

# -- in the sources, from the book's folder --------------------------------------------------------------------------
CHAPTERS = "notebooks"
PROFILES = "notebooks/profiles"
ASSIGNMENTS = "notebooks/assignments"
RECORDS = "book/records"
CONFIG = "_config.yml"
TOC = "_toc.yml"
LOCK = "requirements.lock"
REFERENCES = "book/references.bib"

# -- what commands write, from the folder where they are typed -------------------------------------------------------
RUNS = Path("runs")

# -- in the sources of Sphinx ----------------------------------------------------------------------------------------
# Of each chapter, its result files.
RESULTS = "results"
# Among them, the values of its parameters.
PARAMETERS_FILE = "parameters.json"
# Beside the executed notebooks: what parameters the chapters have.
DECLARED_FILE = "declared.json"
# The chapters that each of them builds on.
HEADS_FILE = "heads.json"
# The addresses that open each chapter on a service.
LAUNCH_FILE = "launch.json"
# The address of the published book.
ADDRESS_FILE = "address.json"
# What live code is told of Binder.
LIVE_FILE = "live.json"
# The profile's name, of a book that is built with another than the default one.
PROFILE_FILE = "profile.json"
# What is under it is in the pages as it is.
PUBLISHED = "published/"

# -- in the pages ----------------------------------------------------------------------------------------------------
# Chapters without outputs, to be opened on a service.
LAUNCH = "notebooks/launch"
# The source of the modules that draw figures.
LISTINGS = "source"
THEBE = "_static/thebe"
# The whole book for paper, which `repsim pdf` puts there.
PDF_EDITION = "repsim-book.pdf"
# Style sheets and scripts, of which a page loads one each.
JOINED = "_static/joined"
# Modules that pages import, each one file.
MODULES = "_static/modules"


def find_root(given: Path | None = None) -> Path:
    """The folder that holds `notebooks/`: the one given, or else the package's, or else the current one.

    Raises:
        InputError: there is none.
    """
    candidates = [given] if given is not None else [HOME, Path.cwd()]
    for root in candidates:
        if (root / CHAPTERS).is_dir():
            return root.resolve()
    raise InputError(f"there is no folder `{CHAPTERS}` in {' or '.join(str(c) for c in candidates)}")


def build_folder(root: Path) -> Path:
    """The folder of all that is made from the book's sources."""
    return root / "_build"


def executed_folder(root: Path, profile: str) -> Path:
    """The folder of the chapters that were executed with a profile's values, a folder each."""
    return build_folder(root) / "executed" / profile


def pages_folder(root: Path, profile: str) -> Path:
    """The folder of the pages that are built with the profile of this name."""
    return build_folder(root) / pages_name(profile)


def pages_name(profile: str = "default") -> str:
    """The name of the folder of a profile's pages; all stand side by side."""
    return "html" if profile == "default" else f"html-{profile}"


def typed_path(text: str | Path) -> Path:
    """A path that was typed, counted from the folder where it was typed; `~` stands for the home folder.

    Raises:
        InputError: it can be no path.
    """
    try:
        return Path(text).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        # Of an unknown user, in a circle of links, with a NUL.
        raise InputError(f"found {shown(str(text))}, expected a path: {error}") from error
