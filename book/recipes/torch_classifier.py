"""Two PyTorch classifiers with a biased last layer, compared on the same images."""

import repsim_core as rc
import torch
from sklearn.datasets import load_digits

# Two small networks in place of yours: digits, 8 × 8 pixels, half of them to train on.
images, digits = load_digits(return_X_y=True)
images = torch.tensor(images / 16, dtype=torch.float32)
digits = torch.tensor(digits)


def trained(width: int, seed: int) -> torch.nn.Sequential:
    torch.manual_seed(seed)
    network = torch.nn.Sequential(
        torch.nn.Linear(64, width), torch.nn.ReLU(), torch.nn.Linear(width, 10)
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images[::2]), digits[::2]).backward()
        optimizer.step()
    return network


first, second = trained(width=64, seed=0), trained(width=32, seed=1)
inputs, truth = images[1::2], digits[1::2]


# [recipe]
def representations(network, last, inputs, truth=None):
    """What enters the layer `last`, its weights and bias; the network's own logits."""
    entered = []
    hook = last.register_forward_pre_hook(lambda _, given: entered.append(given[0]))
    network.eval()  # no dropout, and batch norm as in use
    with torch.no_grad():
        logits = torch.cat([network(batch) for batch in inputs.split(256)])
    hook.remove()
    bias = None if last.bias is None else last.bias.detach()
    embeddings, unembeddings = torch.cat(entered), last.weight.detach()
    return rc.Representations(embeddings, unembeddings, truth, bias), logits


a, logits = representations(first, first[-1], inputs, truth)
b, _ = representations(second, second[-1], inputs, truth)

# The check: softmax of f·g + b are the network's own probabilities, to rounding.
own = logits.softmax(dim=1, dtype=torch.float64)
assert torch.allclose(a.log_probs().exp(), own, atol=1e-5)

comparison = rc.compare(a, b)
print(comparison)
