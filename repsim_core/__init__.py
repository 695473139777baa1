"""Measures of closeness in distribution and of representational similarity.

An executable edition of Nielsen, Marconato, Dittadi and Gresele, "When Does Closeness in Distribution Imply
Representational Similarity? An Identifiability Perspective" (NeurIPS 2025, arXiv:2506.03784).

The public names are listed once, in `__init__.pyi`. Each is taken from its module when it is first asked for: torch
takes seconds to import, and building the book or listing its chapters needs none of it.
"""

from typing import Any

import lazy_loader

from repsim_core.extras import explained

_attribute, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    try:
        return _attribute(name)
    except ModuleNotFoundError as error:
        raise explained(error, f"{__name__}.{name}") from error
