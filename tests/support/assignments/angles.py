"""Wrong answers to assignment 6."""

from assignments import changed, wrong

LABEL_SINES = """
def label_sines(log_p, log_q, pivot):
    sines = []
    for y in range(log_p.shape[1]):
        if y != pivot:
            r, s = (log[:, y] - log[:, pivot] for log in (log_p, log_q))
            sines.append(np.sqrt(max(0.0, 1 - np.corrcoef(r, s)[0, 1] ** 2)))
    return np.array(sines)
"""
SET_SINE = """
def set_sine(r, s, m):
    z, w = ((x - x.mean(axis=0)) / x.std(axis=0) for x in (r, s))
    C = z.T @ w / len(z)
    least = min(
        np.linalg.svd(C[np.ix_(S, S)], compute_uv=False).mean() for S in combinations(range(z.shape[1]), m)
    )
    return np.sqrt(max(0.0, 1 - least**2))
"""
SIDES = """
angles = [label_angles(a, b, m, pivot=0) for a, b, m in mine]
single, of_sets = np.array(angles).T
sizes = np.array([m for _, _, m in mine])
left, right = of_sets / single, single / ((2 * sizes - 1) * of_sets)
"""
TURNED = """
def turned(sines):
    u = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    phi = np.arcsin(sines) / 2
    return tuple(u @ np.array([np.cos(phi), sign * np.sin(phi)]) for sign in (1, -1))


def best_turn(m, s):
    return -s / (2 * m - 1)
"""
WEIGHTED = """
def weighted(log_p, log_q):
    p, q, squares = np.exp(log_p), np.exp(log_q), (log_p - log_q) ** 2
    kl = (p * (log_p - log_q)).sum(axis=1).mean()
    low, high = ((w * squares).sum(axis=1).mean() / 2 for w in (np.minimum(p, q), np.maximum(p, q)))
    return low, kl, high


def improbable(log_p, log_q, floor):
    squares, larger = (log_p - log_q) ** 2, np.exp(np.maximum(log_p, log_q))
    there = larger < floor
    return squares[there].sum() / (2 * len(log_p)), (larger * squares)[there].sum() / (2 * len(log_p))


unseen = np.array([improbable(*(np.asarray(model.log_probs()) for model in pair), 0.01) for pair in circles])
"""

WRONG = [
    wrong(
        "correlates probabilities",
        "label-sines",
        changed(LABEL_SINES, "log[:, y] - log[:, pivot]", "np.exp(log[:, y])"),
        loses="test-label-sines test-label-sines-pivot",
    ),
    wrong(
        "forgets the pivot",
        "label-sines",
        changed(LABEL_SINES, " - log[:, pivot]", ""),
        loses="test-label-sines test-label-sines-pivot",
    ),
    wrong(
        "takes label 0 for the pivot",
        "label-sines",
        changed(LABEL_SINES, "pivot", "0").replace("log_q, 0)", "log_q, pivot)"),
        loses="test-label-sines-pivot",
    ),
    wrong(
        "1 less the correlation",
        "label-sines",
        changed(
            LABEL_SINES,
            "np.sqrt(max(0.0, 1 - np.corrcoef(r, s)[0, 1] ** 2))",
            "1 - abs(np.corrcoef(r, s)[0, 1])",
        ),
        loses="test-label-sines test-label-sines-pivot",
    ),
    wrong(
        "two divisors",
        "set-sine",
        changed(SET_SINE, "x.std(axis=0)", "x.std(axis=0, ddof=1)"),
        loses="test-set-sine test-set-sine-any",
    ),
    wrong(
        "the trace",
        "set-sine",
        changed(
            SET_SINE,
            "np.linalg.svd(C[np.ix_(S, S)], compute_uv=False).mean()",
            "np.trace(C[np.ix_(S, S)]) / m",
        ),
        loses="test-set-sine test-set-sine-any",
    ),
    wrong(
        "the first set only",
        "set-sine",
        changed(SET_SINE, "in combinations(range(z.shape[1]), m)", "in [range(m)]"),
        loses="test-set-sine-any",
    ),
    wrong(
        "neighbours only",
        "set-sine",
        changed(
            SET_SINE,
            "in combinations(range(z.shape[1]), m)",
            "in [range(i, i + m) for i in range(z.shape[1] - m + 1)]",
        ),
        loses="test-set-sine-any",
    ),
    wrong(
        "the best set",
        "set-sine",
        changed(SET_SINE, "least = min(", "least = max("),
        loses="test-set-sine test-set-sine-any",
    ),
    wrong(
        "the share the other way round",
        "sides",
        changed(SIDES, "of_sets / single, single /", "of_sets / single, of_sets /"),
    ),
    wrong("forgets m", "sides", changed(SIDES, "(2 * sizes - 1)", "5")),
    wrong(
        "one m for all",
        "sides",
        changed(SIDES, "label_angles(a, b, m, pivot=0)", "label_angles(a, b, 3, pivot=0)"),
    ),
    wrong(
        "the models of another student",
        "sides",
        changed(SIDES, "in mine]\nsingle", "in make_models(student_seed('another'))]\nsingle"),
    ),
    wrong("another pivot", "sides", changed(SIDES, "pivot=0", "pivot=6")),
    wrong("the whole angle for phi", "turned", changed(TURNED, "np.arcsin(sines) / 2", "np.arcsin(sines)")),
    wrong(
        "random inputs, correlated by chance",
        "turned",
        changed(
            TURNED,
            "u = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])",
            "u = np.random.default_rng(0).normal(size=(1000, 2))",
        ),
    ),
    wrong(
        "the sign of the sine lost",
        "turned",
        changed(TURNED, "np.arcsin(sines) / 2", "np.arcsin(np.abs(sines)) / 2"),
    ),
    wrong(
        "the same direction", "turned", changed(TURNED, "return -s /", "return s /"), loses="test-turned-best"
    ),
    wrong(
        "m in place of 2m - 1",
        "turned",
        changed(TURNED, "-s / (2 * m - 1)", "-s / m"),
        loses="test-turned-best",
    ),
    wrong(
        "no half", "weighted", changed(WEIGHTED, ".sum(axis=1).mean() / 2 for w", ".sum(axis=1).mean() for w")
    ),
    wrong(
        "the mean over labels too",
        "weighted",
        changed(WEIGHTED, "(w * squares).sum(axis=1).mean() / 2", "(w * squares).mean()"),
    ),
    wrong(
        "the smaller of the two below the floor",
        "weighted",
        changed(WEIGHTED, "there = larger < floor", "there = np.exp(np.minimum(log_p, log_q)) < floor"),
        loses="test-weighted-unseen",
    ),
    wrong(
        "the mean over the entries that count",
        "weighted",
        changed(WEIGHTED, "(2 * len(log_p))", "(2 * max(there.sum(), 1))"),
        loses="test-weighted-unseen",
    ),
    wrong(
        "the star in place of one's own permutation",
        "weighted",
        changed(
            WEIGHTED,
            "for pair in circles",
            "for pair in [rc.permuted_circles(7, rho=rho, inputs_per_class=50, seed=seed) for rho in rhos]",
        ),
        loses="test-weighted-unseen",
    ),
]
