"""Wrong answers to assignment 1."""

from assignments import wrong

THEOREM_MAP = """
def theorem_map(g, g_other, pivot, labels):
    L, L_other = ((np.asarray(each)[labels] - np.asarray(each)[pivot]).T for each in (g, g_other))
    return np.linalg.inv(L).T @ L_other.T

"""

WRONG = [
    wrong(
        "labels as rows of L",
        "label-matrix",
        """
def label_matrix(g, pivot, labels):
    return g[labels] - g[pivot]
""",
        loses="test-label-matrix test-label-matrix-pivot",
    ),
    wrong(
        "forgets the pivot",
        "label-matrix",
        """
def label_matrix(g, pivot, labels):
    return g[labels].T
""",
        loses="test-label-matrix test-label-matrix-pivot",
    ),
    wrong(
        "takes label 0 for the pivot",
        "label-matrix",
        """
def label_matrix(g, pivot, labels):
    return (g[labels] - g[0]).T
""",
        loses="test-label-matrix-pivot",
    ),
    wrong(
        "returns the visible example",
        "label-matrix",
        """
def label_matrix(g, pivot, labels):
    return np.array([[1, 3], [2, 5]])
""",
        loses="test-label-matrix test-label-matrix-pivot",
    ),
    wrong(
        "A^-1 instead of A^-T",
        "twin",
        """
def twin(f, g, A, c):
    return f @ A.T, g @ np.linalg.inv(A).T + c
""",
    ),
    wrong(
        "another twin: A transposed throughout",
        "twin",
        """
def twin(f, g, A, c):
    return f @ A, g @ np.linalg.inv(A).T + c
""",
    ),
    wrong(
        "shifts the embeddings",
        "twin",
        """
def twin(f, g, A, c):
    return f @ A.T + c, g @ np.linalg.inv(A)
""",
        loses="test-twin-shift",
    ),
    wrong(
        "changes nothing",
        "twin",
        """
def twin(f, g, A, c):
    return f, g
""",
        loses="test-twin test-twin-shift",
    ),
    wrong(
        "the map in the other direction",
        "theorem-map",
        """
def theorem_map(g, g_other, pivot, labels):
    L, L_other = ((np.asarray(each)[labels] - np.asarray(each)[pivot]).T for each in (g, g_other))
    return np.linalg.inv(L_other).T @ L.T


A_mine = theorem_map(mine.unembeddings, other.unembeddings, 0, [1, 2, 3])
""",
        loses="test-theorem-map test-theorem-map-mine",
    ),
    wrong(
        "no transposition",
        "theorem-map",
        """
def theorem_map(g, g_other, pivot, labels):
    L, L_other = ((np.asarray(each)[labels] - np.asarray(each)[pivot]).T for each in (g, g_other))
    return np.linalg.inv(L) @ L_other


A_mine = theorem_map(mine.unembeddings, other.unembeddings, 0, [1, 2, 3])
""",
        loses="test-theorem-map test-theorem-map-mine",
    ),
    wrong(
        "least squares over all labels, right for twins only",
        "theorem-map",
        """
def theorem_map(g, g_other, pivot, labels):
    g, g_other = (np.asarray(each) - np.asarray(each)[pivot] for each in (g, g_other))
    return np.linalg.lstsq(g, g_other, rcond=None)[0]


A_mine = theorem_map(mine.unembeddings, other.unembeddings, 0, [1, 2, 3])
""",
    ),
    wrong(
        "a matrix copied from somebody else",
        "theorem-map",
        THEOREM_MAP + "A_mine = np.linalg.inv(rc.random_linear_map(3, seed=student_seed('another')))\n",
        loses="test-theorem-map-mine",
    ),
    wrong(
        "maps `mine` to `other`",
        "theorem-map",
        THEOREM_MAP + "A_mine = theorem_map(other.unembeddings, mine.unembeddings, 0, [1, 2, 3])\n",
        loses="test-theorem-map-mine",
    ),
    wrong(
        "Procrustes instead of least squares",
        "unexplained",
        """
def unexplained(f, f_other):
    u, _, vt = np.linalg.svd(f_other.T @ f)
    return ((f - f_other @ u @ vt) ** 2).sum() / (f**2).sum()
""",
    ),
    wrong(
        "centres first",
        "unexplained",
        """
def unexplained(f, f_other):
    f, f_other = f - f.mean(axis=0), f_other - f_other.mean(axis=0)
    rest = f - f_other @ np.linalg.lstsq(f_other, f, rcond=None)[0]
    return (rest**2).sum() / (f**2).sum()
""",
    ),
    wrong(
        "lengths that are not squared",
        "unexplained",
        """
def unexplained(f, f_other):
    rest = f - f_other @ np.linalg.lstsq(f_other, f, rcond=None)[0]
    return np.linalg.norm(rest) / np.linalg.norm(f)
""",
    ),
    wrong(
        "a linear twin is no counter-example",
        "counterexample",
        """
def counterexample(seed):
    rng = np.random.default_rng(seed)
    a = rc.Representations(rng.normal(size=(200, 2)), rng.normal(size=(4, 2)))
    return a, a.linear_twin(rc.random_linear_map(2, seed=seed))
""",
        loses="test-counterexample-embeddings",
    ),
    wrong(
        "noise in every direction changes the probabilities",
        "counterexample",
        """
def counterexample(seed):
    rng = np.random.default_rng(seed)
    f, g = rng.normal(size=(200, 2)), np.outer(rng.normal(size=4), [1.0, 0.5])
    return rc.Representations(f, g), rc.Representations(f + rng.normal(scale=20, size=f.shape), g)
""",
    ),
    wrong(
        "equal unembeddings: a trivial distribution",
        "counterexample",
        """
def counterexample(seed):
    rng = np.random.default_rng(seed)
    f, h = rng.normal(size=(2, 200, 2))
    return rc.Representations(f, np.ones((4, 2))), rc.Representations(h, np.ones((4, 2)))
""",
    ),
    wrong(
        "no unembeddings, and a bias alone",
        "counterexample",
        """
def counterexample(seed):
    f, h = np.random.default_rng(seed).normal(size=(2, 200, 2))
    bias = np.array([0.0, 1.0, 2.0, 3.0])
    return tuple(rc.Representations(each, np.zeros((4, 2)), bias=bias) for each in (f, h))
""",
    ),
    wrong(
        "embeddings on a line",
        "counterexample",
        """
def counterexample(seed):
    rng = np.random.default_rng(seed)
    f, g = rng.normal(size=(200, 1)) * [1.0, 0.0], np.outer(rng.normal(size=4), [1.0, 0.0])
    pushed = f + rng.normal(size=(200, 1)) * [0.0, 1.0]
    return rc.Representations(f, g), rc.Representations(pushed, g)
""",
        loses="test-counterexample-embeddings",
    ),
    wrong(
        "the same pair for every seed",
        "counterexample",
        """
def counterexample(seed):
    rng = np.random.default_rng(0)
    f, g = rng.normal(size=(200, 2)), np.outer(rng.normal(size=4), [1.0, 0.0])
    pushed = f + rng.normal(scale=20, size=(200, 1)) * [0.0, 1.0]
    return rc.Representations(f, g), rc.Representations(pushed, g)
""",
    ),
]
