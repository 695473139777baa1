"""Two logistic regressions of scikit-learn, compared on the same rows."""

import numpy as np
import repsim_core as rc
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

# Two regressions in place of yours: each has seen another quarter of the digits.
images, digits = load_digits(return_X_y=True)
images = images / 16
first = LogisticRegression(max_iter=1000).fit(images[0::4], digits[0::4])
second = LogisticRegression(max_iter=1000).fit(images[1::4], digits[1::4])
inputs, truth = images[2::4], digits[2::4]


# [recipe]
def representations(model, inputs, truth=None):
    """The features, the coefficients and the intercepts."""
    unembeddings, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row: the log-odds of the second class
        unembeddings = np.vstack([np.zeros_like(unembeddings), unembeddings])
        bias = np.append(0.0, bias)
    labels = None if truth is None else np.searchsorted(model.classes_, truth)
    return rc.Representations(inputs, unembeddings, labels, bias)


a, b = representations(first, inputs, truth), representations(second, inputs, truth)

# The check: softmax of f·g + b are the model's own probabilities, to rounding.
assert np.allclose(np.exp(a.log_probs()), first.predict_proba(inputs), atol=1e-12)

comparison = rc.compare(a, b)
print(comparison)
# [end]

# With two classes:
two = digits < 2
binary = LogisticRegression().fit(images[two], digits[two])
c = representations(binary, images[two], digits[two])
assert np.allclose(np.exp(c.log_probs()), binary.predict_proba(images[two]), atol=1e-12)
