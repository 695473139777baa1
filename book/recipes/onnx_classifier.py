"""Two ONNX classifiers: one ends in Gemm, the other in MatMul and Add."""

import numpy as np
import onnx
import onnxruntime
import repsim_core as rc
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

# Two small networks in place of yours, with the nodes that an exporter writes.
images, digits = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32)


def written(path: str, width: int, seed: int, transposed: bool) -> None:
    network = MLPClassifier(
        width, solver="lbfgs", max_iter=300, tol=0.01, random_state=seed
    )
    network.fit(images[::2], digits[::2])
    (w1, w2), (b1, b2) = network.coefs_, network.intercepts_
    arrays = {"w1": w1, "b1": b1, "w2": w2.T if transposed else w2, "b2": b2}
    if transposed:
        head = [helper.make_node("Gemm", ["hidden", "w2", "b2"], ["logits"], transB=1)]
    else:
        head = [
            helper.make_node("MatMul", ["hidden", "w2"], ["product"]),
            helper.make_node("Add", ["product", "b2"], ["logits"]),
        ]
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["image", "w1", "b1"], ["sums"]),
            helper.make_node("Relu", ["sums"], ["hidden"]),
            *head,
            helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        ],
        "classifier",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 64])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 10])],
        [
            numpy_helper.from_array(array.astype(np.float32), name)
            for name, array in arrays.items()
        ],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10
    )
    onnx.save(model, path)


written("first.onnx", width=64, seed=0, transposed=True)
written("second.onnx", width=32, seed=1, transposed=False)
inputs, truth = images[1::2], digits[1::2]


# [recipe]
def representations(path, inputs, truth=None):
    """What enters the last Gemm or MatMul, its weights and bias; the file's output."""
    model = onnx.load(path)
    graph = model.graph
    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    last = [node for node in graph.node if node.op_type in ("Gemm", "MatMul")][-1]
    before, weights = last.input[:2]
    unembeddings = arrays[weights]
    if not any(each.name == "transB" and each.i for each in last.attribute):
        unembeddings = unembeddings.T  # a row a label
    others = list(last.input[2:])
    for node in graph.node:  # after MatMul the bias, if there is one, is added
        if node.op_type == "Add" and last.output[0] in node.input:
            others += node.input
    bias = next((arrays[name] for name in others if name in arrays), None)
    own = graph.output[0].name
    graph.output.append(helper.make_empty_tensor_value_info(before))
    run = onnxruntime.InferenceSession(model.SerializeToString()).run
    embeddings, output = run([before, own], {graph.input[0].name: inputs})
    return rc.Representations(embeddings, unembeddings, truth, bias), output


a, own = representations("first.onnx", inputs, truth)
b, other = representations("second.onnx", inputs, truth)

# The check: softmax of f·g + b are the file's own probabilities, to rounding.
assert np.allclose(np.exp(a.log_probs()), own, atol=1e-5)
assert np.allclose(np.exp(b.log_probs()), other, atol=1e-5)

comparison = rc.compare(a, b)
print(comparison)
