"""Wrong answers to assignment 5."""

from assignments import changed, wrong

DESIGN = """
design = {
    "classes": 4,
    "widths": [8, 16, 32],
    "seeds": my_seeds[:6],
    "steps": 800,
    "lr": 0.001,
    "prediction": "falls",
}
"""
RUN = """
def run(design):
    K, seeds = design["classes"], list(design["seeds"])
    train, test = radial(K, 20_000, seed=0), radial(K, 2_000, seed=1)
    rows = []
    for width in design["widths"]:
        stack = train_stack(
            train, seeds=seeds, width=width, steps=design["steps"], lr=design["lr"], device="cpu"
        )
        models = dict(zip(seeds, stack.representations(test)))
        for a, b in combinations(seeds, 2):
            c = rc.compare(models[a], models[b])
            rows.append((width, a, b, c.d_llv, c.mean_cca))
    return pd.DataFrame(rows, columns=["width", "seed_a", "seed_b", "d_llv", "mean_cca"])
"""
RESAMPLED = """
def resampled_means(table, draws, seed):
    ends = table[["seed_a", "seed_b"]].to_numpy()
    networks, places = np.unique(ends, return_inverse=True)
    a, b = places.reshape(-1, 2).T
    n = len(networks)
    times = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws)
    weights = times[:, a] * times[:, b]
    weights = weights[weights.sum(axis=1) > 0]
    return weights @ table["d_llv"].to_numpy() / weights.sum(axis=1)
"""
RESULT = """
def verdict(low, high):
    if high < 0:
        return "falls"
    return "rises" if low > 0 else "unclear"


groups = dict(list(pairs.groupby("width")))
widths = list(groups)
again = [resampled_means(table, 2000, number) for number, table in enumerate(groups.values())]
count = min(len(means) for means in again)
slopes = [slope(widths, [means[i] for means in again]) for i in range(count)]
low, high = np.quantile(slopes, [0.025, 0.975])
result = {
    "slope": slope(widths, [table["d_llv"].mean() for table in groups.values()]),
    "low": low,
    "high": high,
    "verdict": verdict(low, high),
}
"""

WRONG = [
    wrong("three seeds are enough", "design", changed(DESIGN, "my_seeds[:6]", "my_seeds[:3]")),
    wrong(
        "one seed: there are no pairs to conclude from",
        "design",
        changed(DESIGN, "my_seeds[:6]", "my_seeds[:1]"),
        loses="test-design test-result",
    ),
    wrong("the seeds of the chapter", "design", changed(DESIGN, "my_seeds[:6]", "[0, 1, 2, 3, 4]")),
    wrong("two widths", "design", changed(DESIGN, "[8, 16, 32]", "[8, 32]")),
    wrong("widths that hardly differ", "design", changed(DESIGN, "[8, 16, 32]", "[16, 20, 24]")),
    wrong("no prediction", "design", changed(DESIGN, '"falls"', '"we will see"')),
    wrong(
        "the training set",
        "run",
        changed(RUN, "representations(test)", "representations(train)"),
        loses="test-run-values",
    ),
    wrong(
        "seeds next to each other only",
        "run",
        changed(RUN, "combinations(seeds, 2)", "zip(seeds, seeds[1:])"),
    ),
    wrong("the default learning rate", "run", changed(RUN, ', lr=design["lr"]', ""), loses="test-run-values"),
    wrong(
        "one width for all",
        "run",
        changed(RUN, "width=width", 'width=design["widths"][0]'),
        loses="test-run-values",
    ),
    wrong(
        "the order of the seeds lost",
        "run",
        changed(RUN, "zip(seeds, stack", "zip(sorted(seeds), stack"),
        loses="test-run-values",
    ),
    wrong(
        "draws pairs",
        "bootstrap",
        """
def resampled_means(table, draws, seed):
    rng = np.random.default_rng(seed)
    return rng.choice(table["d_llv"].to_numpy(), size=(draws, len(table))).mean(axis=1)
""",
        loses="test-bootstrap-spread",
    ),
    wrong(
        "a network and itself at distance 0",
        "bootstrap",
        changed(RESAMPLED, "/ weights.sum(axis=1)", "/ (n * (n - 1) / 2)"),
        loses="test-bootstrap test-bootstrap-spread",
    ),
    wrong(
        "every network that was drawn counts once",
        "bootstrap",
        changed(RESAMPLED, "times[:, a] * times[:, b]", "(times[:, a] > 0) * (times[:, b] > 0)"),
        loses="test-bootstrap-spread",
    ),
    wrong(
        "a normal approximation over pairs",
        "bootstrap",
        """
def resampled_means(table, draws, seed):
    d = table["d_llv"]
    return np.random.default_rng(seed).normal(d.mean(), d.std() / np.sqrt(len(d)), size=draws)
""",
        loses="test-bootstrap-spread",
    ),
    wrong(
        "over the width itself",
        "slope",
        "def slope(widths, means):\n    return np.polyfit(widths, means, 1)[0] * 8\n",
    ),
    wrong(
        "the natural logarithm",
        "slope",
        "def slope(widths, means):\n    return np.polyfit(np.log(widths), means, 1)[0]\n",
    ),
    wrong(
        "the ends only",
        "slope",
        "def slope(widths, means):\n    return (means[-1] - means[0]) / np.log2(widths[-1] / widths[0])\n",
    ),
    wrong(
        "the mean of the steps",
        "slope",
        "def slope(widths, means):\n    return np.mean(np.diff(means))\n",
    ),
    wrong(
        "the sign of the slope",
        "result",
        changed(
            RESULT,
            'if high < 0:\n        return "falls"\n    return "rises" if low > 0 else "unclear"',
            'return "falls" if low + high < 0 else "rises"',
        ),
    ),
    wrong("never undecided", "result", changed(RESULT, '"rises" if low > 0 else "unclear"', '"rises"')),
    wrong(
        "the slope of mean CCA",
        "result",
        changed(RESULT, 'table["d_llv"].mean()', 'table["mean_cca"].mean()'),
    ),
    wrong(
        "numbers of somebody else",
        "result",
        RESULT + '\nresult = {"slope": -0.1, "low": -0.2, "high": -0.05, "verdict": "falls"}\n',
    ),
    wrong(
        "an invented interval",
        "result",
        changed(RESULT, "np.quantile(slopes, [0.025, 0.975])", "(-9.0, 7.0)"),
    ),
]
