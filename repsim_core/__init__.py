"""Measures of closeness in distribution and of representational similarity.

An executable edition of Nielsen, Marconato, Dittadi and Gresele, "When Does Closeness in Distribution Imply
Representational Similarity? An Identifiability Perspective" (NeurIPS 2025, arXiv:2506.03784).
"""

from repsim_core.bounds import linear_bound, quadratic_bound
from repsim_core.compare import Comparison, compare, compare_all
from repsim_core.constructions import noisy_copy, permuted_circles, random_linear_map, star_permutation
from repsim_core.distances import LLVDistance, kl_divergence, llv_distance
from repsim_core.family import Diversity, Representations, load
from repsim_core.similarity import (
    CanonicalCorrelations,
    RankDeficientWarning,
    RepresentationDistance,
    canonical_correlations,
    mean_cca,
    representation_distance,
    svd_dissimilarity,
)

__all__ = [
    "CanonicalCorrelations",
    "Comparison",
    "Diversity",
    "LLVDistance",
    "RankDeficientWarning",
    "RepresentationDistance",
    "Representations",
    "canonical_correlations",
    "compare",
    "compare_all",
    "kl_divergence",
    "linear_bound",
    "llv_distance",
    "load",
    "mean_cca",
    "noisy_copy",
    "permuted_circles",
    "quadratic_bound",
    "random_linear_map",
    "representation_distance",
    "star_permutation",
    "svd_dissimilarity",
]
