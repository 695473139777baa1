"""Wrong answers to assignment 4."""

from assignments import changed, wrong

MODELS = """
models = []
for s in my_seeds:
    with one_thread():
        trained = train_images(train, recipe=recipe, seed=s, device="cpu")
        models.append(trained.representations(test))
"""
ORDER = """
def circular_order(directions):
    turn = np.argsort(np.arctan2(directions[:, 1], directions[:, 0])).tolist()
    start = turn.index(0)
    order = turn[start:] + turn[:start]
    if order[1] > order[-1]:
        order = order[:1] + order[:0:-1]
    return tuple(order)
"""
SHARED = """
def shared_neighbours(a, b):
    pairs = [{frozenset(pair) for pair in zip(order, (*order[1:], order[0]))} for order in (a, b)]
    return len(pairs[0] & pairs[1])
"""
PAIRS = """
found_orders = [orders.circular_order(orders.class_means(model)) for model in models]
pairs = pd.DataFrame(
    [
        {
            "first": i,
            "second": j,
            "loss_gap": abs(models[i].loss() - models[j].loss()),
            "mean_cca": rc.mean_cca(models[i].embeddings, models[j].embeddings),
            "shared": orders.shared_neighbours(found_orders[i], found_orders[j]),
        }
        for i, j in combinations(range(4), 2)
    ]
)
"""

WRONG = [
    wrong(
        "the same seed four times",
        "models",
        changed(MODELS, "seed=s", "seed=my_seeds[2]"),
        loses="test-models-all",
    ),
    wrong(
        "a seed of another student",
        "models",
        changed(MODELS, "in my_seeds", "in [*my_seeds[:2], 7, my_seeds[3]]"),
    ),
    wrong(
        "the training images",
        "models",
        changed(MODELS, "representations(test)", "representations(train)"),
        loses="test-models test-models-all",
    ),
    wrong(
        "neighbours in the list only",
        "closest",
        """
def closest_pair(losses):
    i = min(range(len(losses) - 1), key=lambda i: abs(losses[i] - losses[i + 1]))
    return i, i + 1
""",
    ),
    wrong(
        "signed differences",
        "closest",
        """
def closest_pair(losses):
    signed = {(i, j): losses[j] - losses[i] for i, j in combinations(range(len(losses)), 2)}
    return min((gap, ij) for ij, gap in signed.items() if gap > 0)[1]
""",
    ),
    wrong(
        "positions after sorting",
        "closest",
        """
def closest_pair(losses):
    losses = sorted(losses)
    i = int(np.argmin(np.diff(losses)))
    return i, i + 1
""",
    ),
    wrong(
        "places instead of classes",
        "order",
        changed(
            ORDER,
            "np.argsort(np.arctan2(directions[:, 1], directions[:, 0])).tolist()",
            "np.argsort(np.argsort(np.arctan2(directions[:, 1], directions[:, 0]))).tolist()",
        ),
        loses="test-order test-order-written",
    ),
    wrong(
        "takes the sense for given",
        "order",
        changed(ORDER, "if order[1] > order[-1]", "if False"),
        loses="test-order-written",
    ),
    wrong(
        "begins anywhere",
        "order",
        changed(ORDER, "turn[start:] + turn[:start]", "turn"),
        loses="test-order-written",
    ),
    wrong(
        "the arctangent of the quotient",
        "order",
        changed(
            ORDER,
            "np.arctan2(directions[:, 1], directions[:, 0])",
            "np.arctan(directions[:, 1] / directions[:, 0])",
        ),
        loses="test-order test-order-written",
    ),
    wrong("in one sense only", "shared", changed(SHARED, "frozenset(pair)", "pair")),
    wrong("forgets the last and the first", "shared", changed(SHARED, "(*order[1:], order[0])", "order[1:]")),
    wrong(
        "the same place",
        "shared",
        """
def shared_neighbours(a, b):
    return sum(x == y for x, y in zip(a, b))
""",
    ),
    wrong(
        "canonical correlations of the unembeddings",
        "pairs",
        changed(
            PAIRS,
            "models[i].embeddings, models[j].embeddings",
            "models[i].unembeddings, models[j].unembeddings",
        ),
        loses="test-pairs-similarity",
    ),
    wrong(
        "signed differences of the losses",
        "pairs",
        changed(PAIRS, "abs(models[i].loss() - models[j].loss())", "models[i].loss() - models[j].loss()"),
    ),
    wrong(
        "counts equal places",
        "pairs",
        changed(
            PAIRS,
            "orders.shared_neighbours(found_orders[i], found_orders[j])",
            "sum(a == b for a, b in zip(found_orders[i], found_orders[j]))",
        ),
        loses="test-pairs-similarity",
    ),
    wrong(
        "the first pair six times", "pairs", changed(PAIRS, "in combinations(range(4), 2)", "in [(0, 1)] * 6")
    ),
    wrong(
        "the package's order",
        "order",
        "from repsim_core.measures.circular_orders import circular_order",
        loses="test-order test-order-written",
    ),
]
