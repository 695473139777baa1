"""Which changes of a model leave which measure as it is: the property by which measures are chosen, as data.

A change of one model is made to either of the two, the other stays. Measures of arrays are taken on f. The paper's
measures over label sets and an input set are taken over fixed ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# The changes, by name, and what each of them does.
TRANSFORMATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "translation of f": "f + c in place of f in one model, for a vector c",
        "orthogonal map of f": "Q f in one model, Q orthogonal",
        "isotropic scaling of f": "s f in one model, for a number s > 0",
        "invertible linear map of f": "B f in one model, B invertible",
        "invertible linear map of f of b": "B f' in the second model alone",
        "linear twin": "B f and B^{-T} g in one model, the same distribution",
        "linear twin of b": "B f' and B^{-T} g' in the second model alone",
        "constant added to unembeddings": "g + c in one model, the same distribution",
        "constant added to biases": "b + c in one model for a number c, the same distribution",
        "relabelling": "the labels, and the sets of them, in another order, the same in both models",
        "swap of the models": "a in the place of b and b in that of a",
    }
)
_CONSTANTS = {"constant added to unembeddings", "constant added to biases"}
# All that changes no distribution, and the order of the labels, which says nothing.
_SAME_DISTRIBUTION = {"linear twin", "linear twin of b", "relabelling", *_CONSTANTS}
_SHIFT_AND_SCALE = {"translation of f", "isotropic scaling of f"}
# Of measures of f alone, which labels, unembeddings and biases do not reach.
_OF_EMBEDDINGS = {*_CONSTANTS, "relabelling"}
_ONE_SIDED_LINEAR = {"invertible linear map of f of b", "linear twin of b"}
_SIMILARITY = {*_SHIFT_AND_SCALE, "orthogonal map of f", "swap of the models", *_OF_EMBEDDINGS}

# Measures by the names of their functions, each with the changes that leave it as it is.
INVARIANCES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "kl_divergence": frozenset(_SAME_DISTRIBUTION),
        "llv_distance": frozenset({*_SAME_DISTRIBUTION, "swap of the models"}),
        "representation_distance": frozenset({*_SAME_DISTRIBUTION, *_SHIFT_AND_SCALE, "swap of the models"}),
        "similarity_certificate": frozenset({*_SAME_DISTRIBUTION, *_SHIFT_AND_SCALE, "swap of the models"}),
        "svd_dissimilarity": frozenset({*_SHIFT_AND_SCALE, "swap of the models", *_OF_EMBEDDINGS}),
        "mean_cca": frozenset(TRANSFORMATIONS),
        "logit_distance": frozenset({*_SAME_DISTRIBUTION, "swap of the models"}),
        "rep_distance": frozenset({"linear twin of b", "relabelling", *_CONSTANTS}),
        "linear_cka": frozenset(_SIMILARITY),
        "procrustes_distance": frozenset(_SIMILARITY),
        "mutual_neighbours": frozenset(_SIMILARITY),
        "linear_r2": frozenset({*_SIMILARITY, *_ONE_SIDED_LINEAR} - {"swap of the models"}),
    }
)
