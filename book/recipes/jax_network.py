"""Two JAX networks, compared on the same images."""

import jax
import jax.numpy as jnp
import numpy as np
import repsim_core as rc
from sklearn.datasets import load_digits

# Two small networks in place of yours.
images, digits = load_digits(return_X_y=True)
images = jnp.asarray(images / 16, dtype=jnp.float32)
digits = jnp.asarray(digits)


def trained(width, seed):
    keys = jax.random.split(jax.random.key(seed))
    params = {
        "hidden": {
            "kernel": jax.random.normal(keys[0], (64, width)) / 8,
            "bias": jnp.zeros(width),
        },
        "head": {
            "kernel": jax.random.normal(keys[1], (width, 10)) / width**0.5,
            "bias": jnp.zeros(10),
        },
    }

    def loss(params):
        log_probs = jax.nn.log_softmax(logits(params, images[::2]))
        return -log_probs[jnp.arange(len(digits[::2])), digits[::2]].mean()

    step = jax.jit(
        lambda params: jax.tree.map(
            lambda p, g: p - 0.5 * g, params, jax.grad(loss)(params)
        )
    )
    for _ in range(300):
        params = step(params)
    return params


# [recipe]
def features(params, inputs):
    """What enters the last layer: your network without it."""
    return jax.nn.relu(inputs @ params["hidden"]["kernel"] + params["hidden"]["bias"])


def logits(params, inputs):
    return features(params, inputs) @ params["head"]["kernel"] + params["head"]["bias"]


def representations(params, inputs, truth=None):
    """Kernels have a column a label; NumPy's arrays may have 32 bits, JAX's not."""
    head = params["head"]
    arrays = features(params, inputs), head["kernel"].T, head["bias"]
    embeddings, unembeddings, bias = (np.asarray(array) for array in arrays)
    return rc.Representations(embeddings, unembeddings, truth, bias)


# [use]
first, second = trained(width=64, seed=0), trained(width=32, seed=1)
inputs, truth = images[1::2], np.asarray(digits[1::2])
# [compare]
a, b = representations(first, inputs, truth), representations(second, inputs, truth)

# The check: softmax of f·g + b are the network's own probabilities, to rounding.
own = jax.nn.softmax(logits(first, inputs))
assert np.allclose(np.exp(a.log_probs()), own, atol=1e-5)

comparison = rc.compare(a, b)
print(comparison)
