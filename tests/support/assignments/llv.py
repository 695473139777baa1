"""Wrong answers to assignment 3."""

from assignments import changed, wrong

LABEL_TERM = """
def label_term(log_p, log_q, pivot, labels):
    gaps = []
    for y in labels:
        scale, other_scale = (np.std(log[:, y] - log[:, pivot], ddof=1) for log in (log_p, log_q))
        for end in (y, pivot):
            gaps.append(np.std(log_p[:, end] / scale - log_q[:, end] / other_scale, ddof=1))
    return max(gaps)
"""
INPUT_TERM = """
def input_term(log_p, log_q, input_set):
    x0, *others = input_set
    gaps = []
    for x in others:
        scale, other_scale = (np.std(log[x] - log[x0], ddof=1) for log in (log_p, log_q))
        for end in (x, x0):
            gaps.append(np.std(log_p[end] / scale - log_q[end] / other_scale, ddof=1))
    return max(gaps)
"""
SVD = """
def svd_dissimilarity(z, w):
    z, w = ((x - x.mean(axis=0)) / x.std(axis=0, ddof=1) for x in (z, w))
    C = z.T @ w / (len(z) - 1)
    return 1 - np.linalg.svd(C, compute_uv=False).mean()
"""
BOUNDS = """
d_llv = np.array([rc.llv_distance(a, b, **sets).value for a, b, sets in pairs])
d_fg = np.array([rc.representation_distance(a, b, **sets).value for a, b, sets in pairs])
dims = np.array([a.dim for a, _, _ in pairs])
linear = d_fg / (2 * dims * d_llv)
quadratic = d_fg / (2 * d_llv**2)
"""

WRONG = [
    wrong(
        "population instead of sample deviations",
        "psi",
        """
def psi(log_p, pivot):
    return (log_p - log_p[:, [pivot]]).std(axis=0)
""",
    ),
    wrong(
        "forgets the pivot",
        "psi",
        """
def psi(log_p, pivot):
    scales = log_p.std(axis=0, ddof=1) * 2
    scales[pivot] = 0
    return scales
""",
    ),
    wrong(
        "takes label 0 for the pivot",
        "psi",
        """
def psi(log_p, pivot):
    return (log_p - log_p[:, [0]]).std(axis=0, ddof=1)
""",
    ),
    wrong(
        "the deviation over the labels",
        "psi",
        """
def psi(log_p, pivot):
    return (log_p - log_p[:, [pivot]]).std(axis=1, ddof=1)
""",
    ),
    wrong(
        "only one end of the ratio",
        "label-term",
        changed(LABEL_TERM, "for end in (y, pivot)", "for end in (y,)"),
        loses="test-label-term-all",
    ),
    wrong(
        "population scales",
        "label-term",
        changed(LABEL_TERM, "log[:, pivot], ddof=1", "log[:, pivot]"),
        loses="test-label-term test-label-term-all",
    ),
    wrong(
        "a population deviation at the end",
        "label-term",
        changed(LABEL_TERM, "other_scale, ddof=1", "other_scale"),
        loses="test-label-term test-label-term-all",
    ),
    wrong(
        "divides by the deviation of the log-probability",
        "label-term",
        changed(LABEL_TERM, "log[:, y] - log[:, pivot]", "log[:, y]"),
        loses="test-label-term test-label-term-all",
    ),
    wrong(
        "forgets to standardise",
        "label-term",
        changed(
            LABEL_TERM, "log_p[:, end] / scale - log_q[:, end] / other_scale", "log_p[:, end] - log_q[:, end]"
        ),
        loses="test-label-term test-label-term-all",
    ),
    wrong(
        "takes label 0 for the pivot",
        "label-term",
        changed(LABEL_TERM, "pivot", "0").replace("log_q, 0,", "log_q, pivot,"),
        loses="test-label-term-all",
    ),
    wrong(
        "the mean instead of the maximum",
        "label-term",
        changed(LABEL_TERM, "max(gaps)", "np.mean(gaps)"),
        loses="test-label-term test-label-term-all",
    ),
    wrong(
        "asks the library",
        "label-term",
        """
def label_term(log_p, log_q, pivot, labels):
    models = []
    for table in (log_p, log_q):
        ratios = table - table[:, [0]]
        M = np.linalg.matrix_rank(ratios)
        u, s, vt = np.linalg.svd(ratios, full_matrices=False)
        models.append(rc.Representations(u[:, :M] * s[:M], vt[:M].T))
    return rc.llv_distance(*models, pivot=pivot, left_out="none").label_term
""",
        loses="test-label-term test-label-term-all",
    ),
    wrong(
        "forgets x_0",
        "input-term",
        changed(INPUT_TERM, "for end in (x, x0)", "for end in (x,)"),
        loses="test-input-term-all",
    ),
    wrong(
        "a population deviation",
        "input-term",
        changed(INPUT_TERM, "other_scale, ddof=1", "other_scale"),
        loses="test-input-term test-input-term-all",
    ),
    wrong(
        "the deviation over the inputs",
        "input-term",
        changed(
            INPUT_TERM,
            "log_p[end] / scale - log_q[end] / other_scale",
            "log_p[:, 0] / scale - log_q[:, 0] / other_scale",
        ),
        loses="test-input-term test-input-term-all",
    ),
    wrong(
        "the last input as pivot",
        "input-term",
        changed(INPUT_TERM, "x0, *others", "*others, x0"),
        loses="test-input-term-all",
    ),
    wrong(
        "forgets to standardise",
        "dissimilarity",
        changed(SVD, "(x - x.mean(axis=0)) / x.std(axis=0, ddof=1)", "x - x.mean(axis=0)"),
        loses="test-dissimilarity test-dissimilarity-any",
    ),
    wrong(
        "two divisors",
        "dissimilarity",
        changed(SVD, "ddof=1", "ddof=0"),
        loses="test-dissimilarity test-dissimilarity-any",
    ),
    wrong(
        "the trace instead of the singular values",
        "dissimilarity",
        changed(SVD, "np.linalg.svd(C, compute_uv=False).mean()", "np.trace(C) / len(C)"),
        loses="test-dissimilarity test-dissimilarity-any",
    ),
    wrong(
        "the sum instead of the mean",
        "dissimilarity",
        changed(SVD, ".mean()\n", ".sum()\n"),
        loses="test-dissimilarity test-dissimilarity-any",
    ),
    wrong(
        "squared singular values",
        "dissimilarity",
        changed(SVD, "np.linalg.svd(C, compute_uv=False).mean()", "(C**2).sum() / len(C)"),
        loses="test-dissimilarity test-dissimilarity-any",
    ),
    wrong(
        "other sets for each distance",
        "bounds",
        changed(
            BOUNDS, "representation_distance(a, b, **sets)", "representation_distance(a, b, left_out='none')"
        ),
        loses="test-bounds test-bounds-shares",
    ),
    wrong(
        "forgets M", "bounds", changed(BOUNDS, "2 * dims * d_llv", "8 * d_llv"), loses="test-bounds-shares"
    ),
    wrong("no square", "bounds", changed(BOUNDS, "d_llv**2", "d_llv"), loses="test-bounds-shares"),
    wrong(
        "the pairs of another student",
        "bounds",
        "pairs = make_pairs(student_seed('another'))\n" + BOUNDS,
        loses="test-bounds test-bounds-shares",
    ),
    wrong(
        "copies the visible conditions",
        "bounds",
        "d_llv = d_fg = linear = quadratic = np.full(24, 0.5)\n",
        loses="test-bounds test-bounds-shares",
    ),
    wrong(
        "the package's under another name",
        "dissimilarity",
        "svd_dissimilarity = rc.svd_dissimilarity",
        loses="test-dissimilarity test-dissimilarity-any",
    ),
]
