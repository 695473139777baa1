"""Wrong answers to assignment 2."""

from assignments import wrong

PAIRS = """
pairs = [
    rc.permuted_circles(7, rho=rho, permutation=permutation, inputs_per_class=100, seed=seed) for rho in rhos
]
"""
D_KL = "d_kl = np.array([rc.kl_divergence(a, b) for a, b in pairs])\n"
CCA = "cca = np.array([rc.mean_cca(a.embeddings, b.embeddings) for a, b in pairs])\n"
CIRCLE_PAIR = """
def circle_pair(permutation, rho, offsets, lengths):
    order = np.array(permutation)
    angles = 2 * np.pi * np.arange(len(order)) / len(order)

    def model(f_directions, g_directions, deviations):
        turned = f_directions[:, None] + deviations
        f = lengths[..., None] * np.stack([np.cos(turned), np.sin(turned)], axis=-1)
        g = rho * np.column_stack([np.cos(g_directions), np.sin(g_directions)])
        return rc.Representations(f.reshape(-1, 2), g)

    return model(angles, angles, offsets),
"""

WRONG = [
    wrong(
        "the wrong direction",
        "kl",
        """
def kl(log_p, log_q):
    return (np.exp(log_q) * (log_q - log_p)).sum(axis=1).mean()
""",
        loses="test-kl test-kl-small",
    ),
    wrong(
        "bits instead of nats",
        "kl",
        """
def kl(log_p, log_q):
    return (np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean() / np.log(2)
""",
        loses="test-kl test-kl-small",
    ),
    wrong(
        "the sum over the inputs",
        "kl",
        """
def kl(log_p, log_q):
    return (np.exp(log_p) * (log_p - log_q)).sum()
""",
    ),
    wrong(
        "the mean over the labels too",
        "kl",
        """
def kl(log_p, log_q):
    return 2 * (np.exp(log_p) * (log_p - log_q)).mean()
""",
    ),
    wrong(
        "probabilities that underflow",
        "kl",
        """
def kl(log_p, log_q):
    p, q = np.exp(log_p), np.exp(log_q)
    with np.errstate(all="ignore"):
        return (p * np.log(p / q)).sum(axis=1).mean()
""",
        loses="test-kl-small",
    ),
    wrong(
        "the inverse permutation",
        "circles",
        CIRCLE_PAIR.rstrip()
        + " model(angles[order.argsort()], angles[order.argsort()], offsets[order.argsort()])\n",
        loses="test-circles-second",
    ),
    wrong(
        "permutes the unembeddings alone",
        "circles",
        CIRCLE_PAIR.rstrip() + " model(angles, angles[order], offsets)\n",
        loses="test-circles-second",
    ),
    wrong(
        "offsets that stay",
        "circles",
        CIRCLE_PAIR.rstrip() + " model(angles[order], angles[order], offsets)\n",
        loses="test-circles-second",
    ),
    wrong(
        "the divergence in the wrong direction",
        "table",
        PAIRS + D_KL.replace("(a, b) for", "(b, a) for") + CCA,
    ),
    wrong(
        "canonical correlations of the unembeddings",
        "table",
        PAIRS + D_KL + CCA.replace("embeddings", "unembeddings"),
        loses="test-table-cca",
    ),
    wrong(
        "the permutation of the paper instead of the student's",
        "table",
        PAIRS.replace("permutation=permutation, ", "") + D_KL + CCA,
        loses="test-table test-table-cca",
    ),
    wrong(
        "another seed",
        "table",
        PAIRS.replace("seed=seed", "seed=0") + D_KL + CCA,
        loses="test-table test-table-cca",
    ),
    wrong(
        "forgets reflections",
        "linear-part",
        """
def centre_cca(permutation):
    u = np.exp(2j * np.pi * np.arange(len(permutation)) / len(permutation))
    return abs(np.mean(u.conj() * u[permutation]))
""",
        loses="test-linear-part test-linear-part-any",
    ),
    wrong(
        "the mean of squared correlations",
        "linear-part",
        """
def centre_cca(permutation):
    u = np.exp(2j * np.pi * np.arange(len(permutation)) / len(permutation))
    moved = u[permutation]
    return abs(np.mean(u.conj() * moved)) ** 2 + abs(np.mean(u * moved)) ** 2
""",
        loses="test-linear-part-any",
    ),
    wrong(
        "a yes or no",
        "linear-part",
        """
def centre_cca(permutation):
    steps = set(np.diff([*permutation, permutation[0]]) % len(permutation))
    return 1.0 if steps == {1} else 0.0
""",
        loses="test-linear-part test-linear-part-any",
    ),
    wrong(
        "steps that are no permutation",
        "stars",
        """
def star_steps(K):
    return list(range(2, K - 1))
""",
    ),
    wrong(
        "prime numbers only",
        "stars",
        """
def star_steps(K):
    return [s for s in range(2, K - 1) if K % s and all(s % d for d in range(2, s))] if K != 7 else [2, 3, 4, 5]
""",
    ),
    wrong(
        "counts the reflection",
        "stars",
        """
def star_steps(K):
    return [s for s in range(2, K) if np.gcd(s, K) == 1 and s != 6]
""",
    ),
]
