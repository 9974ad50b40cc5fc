"""ONNX files, run by gruviz and held against onnx.reference.ReferenceEvaluator, and PyTorch where it wrote them.

The evaluator (onnx 1.23) is right in all directions and layouts, but reads every sequence of a batch to its end
whatever `sequence_lens` says, and knows no Relu for an RNN. So sequences of unequal lengths are given to it one by one,
each of its own length, which is what the specification says of them.
"""

from itertools import pairwise

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import nn

from gruviz.errors import GruvizError
from gruviz.model import checkpoint
from gruviz.model.formats import read

GATES = {"GRU": 3, "LSTM": 4, "RNN": 1}
INPUTS, H = 3, 4
LENGTHS = (7, 1, 4)
CELLS = [("GRU", {"linear_before_reset": 0}), ("GRU", {"linear_before_reset": 1}), ("LSTM", {}), ("RNN", {})]
CLOSE = {"float32": 1e-5, "float64": 1e-12, "float16": 1e-5}


def numbers(*shape, seed=0, dtype="float32"):
    """Weights of an ordinary size, every block of them different."""
    return np.random.default_rng([seed, *shape]).normal(0, 0.7, shape).astype(dtype)


def graph(nodes, inputs, outputs, stored=(), opset=20, **more):
    """A model of nodes; values are named with their shapes, what is fed with its type in front."""
    stored = [numpy_helper.from_array(array, name) for name, array in dict(stored).items()]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(*value) for value in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        stored,
        **more,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def weights(op, D, inputs=INPUTS, dtype="float32", bias=True, seed=0):
    G = GATES[op]
    arrays = {"W": numbers(D, G * H, inputs, seed=seed), "R": numbers(D, G * H, H, seed=seed)}
    if bias:
        arrays["B"] = numbers(D, 2 * G * H, seed=seed)
    return {name: array.astype(dtype) for name, array in arrays.items()}


def recurrent(op, dtype="float32", direction="forward", initial=True, bias=True, layout=0, **attributes):
    """A model of one node, whose X is fed, (T, B, I) or (B, T, I)."""
    D = 2 if direction == "bidirectional" else 1
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    stored = weights(op, D, dtype=dtype, bias=bias)
    names = ["X", "W", "R", "B" if bias else "", "", *(("h0", "c0")[: 1 + (op == "LSTM")] if initial else ())]
    if initial:
        shape = (1, D, H) if layout else (D, 1, H)
        stored |= {name: numbers(*shape, seed=seed, dtype=dtype) for seed, name in enumerate(names[5:], 8)}
    node = helper.make_node(
        op, names, ["Y", "Y_h"], "cell", direction=direction, hidden_size=H, layout=layout, **attributes
    )
    return graph([node], [("X", kind, ["b", "t", INPUTS])], ["Y"], stored)


def written(path, model):
    onnx.save(model, path)
    return path


def refused(path, module=None):
    with pytest.raises(GruvizError) as caught:
        checkpoint.load(path, module)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def outputs(path, x, module=None):
    """What the loaded network gives for one sequence x (T, I) or of tokens (T,): (T, O) or (T, D·H)."""
    model = checkpoint.load(path, module).model
    dtype = next(model.parameters()).dtype
    x = torch.as_tensor(x)[None]
    with torch.no_grad():
        return model(x.to(dtype) if x.is_floating_point() else x)[0][0].numpy()


def reference(model, x, layout=0):
    """The evaluator's Y for one sequence x (T, I), as (T, D·H)."""
    (Y,) = ReferenceEvaluator(model).run(["Y"], {"X": x[None] if layout else x[:, None]})
    return Y[0].reshape(len(x), -1) if layout else Y[:, :, 0].reshape(len(x), -1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize(("op", "attributes"), CELLS)
def test_a_node_gives_the_reference_evaluators_states(tmp_path, op, attributes, direction, dtype):
    model = recurrent(op, dtype, direction, **attributes)
    path = written(tmp_path / "m.onnx", model)
    for index, length in enumerate(LENGTHS):
        x = numbers(length, INPUTS, seed=index, dtype=dtype)
        ours, theirs = outputs(path, x), reference(model, x)
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=CLOSE[dtype])
    loaded = checkpoint.load(path)
    assert (loaded.source, loaded.convention, loaded.model.path) == ("ONNX", "onnx", "cell")


@pytest.mark.parametrize(("op", "attributes"), CELLS)
@pytest.mark.parametrize(
    "variant", [{"layout": 1, "direction": "bidirectional"}, {"bias": False}, {"initial": False}, {"layout": 1}]
)
def test_layouts_and_what_is_left_out(tmp_path, op, attributes, variant):
    model = recurrent(op, **variant, **attributes)
    x = numbers(5, INPUTS)
    ours = outputs(written(tmp_path / "m.onnx", model), x)
    np.testing.assert_allclose(ours, reference(model, x, variant.get("layout", 0)), rtol=0, atol=1e-5)


def test_sequences_of_unequal_lengths_are_read_each_to_its_own_end(tmp_path):
    plain = recurrent("GRU", direction="bidirectional")
    model = recurrent("GRU", direction="bidirectional")
    model.graph.node[0].input[4] = "lengths"
    model.graph.input.append(helper.make_tensor_value_info("lengths", TensorProto.INT32, ["b"]))
    loaded = checkpoint.load(written(tmp_path / "m.onnx", model)).model
    for length in LENGTHS:
        x = numbers(length, INPUTS, seed=length)
        with torch.no_grad():
            ours = loaded(torch.as_tensor(x)[None])[0][0].numpy()
        np.testing.assert_allclose(ours, reference(plain, x), rtol=0, atol=1e-5)


def test_a_relu_network_squashes_with_relu(tmp_path):
    model = recurrent("RNN", direction="bidirectional", activations=["Relu", "Relu"], initial=False)
    W, R, B = (numpy_helper.to_array(tensor) for tensor in model.graph.initializer)
    x, states = numbers(5, INPUTS), []
    for turn, order in enumerate((x, x[::-1])):
        h, rows = np.zeros(H, np.float32), []
        for row in order:
            h = np.maximum(W[turn] @ row + R[turn] @ h + B[turn, :H] + B[turn, H:], 0)
            rows.append(h)
        states.append(rows[::-1] if turn else rows)
    ours = outputs(written(tmp_path / "m.onnx", model), x)
    np.testing.assert_allclose(ours, np.concatenate(states, axis=1), rtol=0, atol=1e-5)


def test_names_of_the_cells_own_activations_change_nothing(tmp_path):
    given = recurrent("LSTM", activations=["sigmoid", "Tanh", "tanh"], input_forget=0)
    x = numbers(5, INPUTS)
    ours = outputs(written(tmp_path / "m.onnx", given), x)
    np.testing.assert_allclose(ours, reference(recurrent("LSTM"), x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.BFLOAT16])
def test_half_precision_is_read_as_float32(tmp_path, kind):
    model = recurrent("GRU", direction="reverse", linear_before_reset=1)
    rounded = recurrent("GRU", direction="reverse", linear_before_reset=1)
    for tensor, other in zip(model.graph.initializer, rounded.graph.initializer, strict=True):
        small = helper.make_tensor(tensor.name, kind, tensor.dims, numpy_helper.to_array(tensor).ravel())
        tensor.CopyFrom(small)
        other.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(small).astype(np.float32), other.name))
    path = written(tmp_path / "m.onnx", model)
    x = numbers(6, INPUTS)
    np.testing.assert_allclose(outputs(path, x), reference(rounded, x), rtol=0, atol=1e-5)
    assert ("weights in float16 were converted to float32" in checkpoint.load(path).notes) == (kind == 10)


def test_weights_may_be_constants_and_parts_of_others(tmp_path):
    W, R, B = (weights("GRU", 1, seed=3)[name] for name in "WRB")
    both = np.concatenate([W, R], axis=2)[0].T  # (I+H, 3H), as one matrix of somebody's own

    def whole(name, *values):
        return helper.make_node("Constant", [], [name], value_ints=list(values))

    nodes = [
        helper.make_node("Transpose", ["both"], ["turned"], perm=[1, 0]),
        helper.make_node("Unsqueeze", ["turned", "zero"], ["stacked"]),
        *(whole(name, value) for name, value in (("zero", 0), ("I", INPUTS), ("end", 2**40), ("two", 2), ("one", 1))),
        helper.make_node("Slice", ["stacked", "zero", "I", "two"], ["W"]),
        helper.make_node("Slice", ["stacked", "I", "end", "two", "one"], ["R"]),
        helper.make_node("Constant", [], ["left"], value=numpy_helper.from_array(B[:, : 3 * H])),
        helper.make_node("Constant", [], ["right"], value=numpy_helper.from_array(B[:, 3 * H :].astype(np.float64))),
        helper.make_node("Cast", ["right"], ["single"], to=TensorProto.FLOAT),
        helper.make_node("Concat", ["left", "single"], ["B"], axis=1),
        helper.make_node("Identity", ["B"], ["same"]),
        helper.make_node("GRU", ["X", "W", "R", "same"], ["Y"], hidden_size=H),
    ]
    nodes = nodes[2:7] + nodes[:2] + nodes[7:]
    model = graph(nodes, [("X", TensorProto.FLOAT, [None, None, INPUTS])], ["Y"], {"both": both})
    x = numbers(5, INPUTS)
    np.testing.assert_allclose(outputs(written(tmp_path / "m.onnx", model), x), reference(model, x), rtol=0, atol=1e-5)


def test_axes_and_ranges_of_older_operators_are_attributes(tmp_path):
    stored = weights("GRU", 1)
    nodes = [
        helper.make_node("Slice", ["W3"], ["W"], axes=[0], starts=[-1], ends=[2**31 - 1]),
        helper.make_node("GRU", ["X", "W", "R", "B"], ["Y"], hidden_size=H),
        helper.make_node("Squeeze", ["Y"], ["S"], axes=[1]),
        helper.make_node("GRU", ["S", "W2", "R", "B"], ["Y2"], hidden_size=H),
    ]
    stored["W3"] = np.concatenate([numbers(2, 3 * H, INPUTS), stored.pop("W")])
    stored["W2"] = numbers(1, 3 * H, H)
    model = graph(nodes, [("X", TensorProto.FLOAT, [None, None, INPUTS])], ["Y2"], stored, opset=7)
    x = numbers(5, INPUTS)
    (theirs,) = ReferenceEvaluator(model).run(None, {"X": x[:, None]})
    ours = outputs(written(tmp_path / "m.onnx", model), x)
    np.testing.assert_allclose(ours, theirs[:, 0, 0], rtol=0, atol=1e-5)


def with_initial(nodes, stored, inputs=()):
    nodes = [*nodes, helper.make_node("LSTM", ["X", "W", "R", "B", "", "h0", "c0"], ["Y"], "cell", hidden_size=H)]
    return graph(nodes, [("X", TensorProto.FLOAT, ["t", "b", INPUTS]), *inputs], ["Y"], weights("LSTM", 1) | stored)


def test_a_state_repeated_for_the_batch_is_the_initial_state(tmp_path):
    """As exporters write `h0.expand(-1, x.shape[0], -1)`, a learned state for however many sequences there are."""
    nodes = [
        helper.make_node("Shape", ["X"], ["batch"], start=1, end=2),
        helper.make_node("Concat", ["one", "batch", "H"], ["extents"], axis=0),
        helper.make_node("Expand", ["h", "extents"], ["h0"]),
        helper.make_node("ConstantOfShape", ["extents"], ["c0"], value=helper.make_tensor("v", 1, [1], [0.25])),
    ]
    stored = {"one": np.array([1]), "H": np.array([H]), "h": numbers(1, 1, H)}
    x = numbers(5, INPUTS)
    model = with_initial(nodes, stored)
    ours = outputs(written(tmp_path / "m.onnx", model), x)
    np.testing.assert_allclose(ours, reference(model, x), rtol=0, atol=1e-5)
    fixed = with_initial([], {"h0": np.repeat(stored["h"], 6, axis=1), "c0": np.full((1, 6, H), 0.25, np.float32)})
    np.testing.assert_array_equal(outputs(written(tmp_path / "fixed.onnx", fixed), x), ours)


def test_states_that_are_fed_or_differ_are_zero_with_a_note(tmp_path):
    stored = {"c0": numbers(1, 2, H)}
    model = with_initial([], stored, [("h0", TensorProto.FLOAT, [1, 2, H])])
    path = written(tmp_path / "m.onnx", model)
    fed, differing = sorted(checkpoint.load(path).notes)[::-1][:2]
    assert "from zero instead of the initial hidden state that is fed to cell" in fed
    assert "from zero instead of the initial cell state that cell has for each of 2 sequences" in differing
    zero = with_initial([], {"h0": np.zeros((1, 1, H), np.float32), "c0": np.zeros((1, 1, H), np.float32)})
    x = numbers(5, INPUTS)
    np.testing.assert_allclose(outputs(path, x), reference(zero, x), rtol=0, atol=1e-5)
    assert not any("initial" in note for note in checkpoint.load(written(tmp_path / "zero.onnx", zero)).notes)


@pytest.mark.parametrize(
    ("op", "attributes", "words"),
    [
        ("GRU", {"activations": ["HardSigmoid", "Tanh"]}, "cell uses hardsigmoid, tanh where the GRU has"),
        ("GRU", {"activations": ["Tanh", "Sigmoid"]}, "cell uses tanh, sigmoid"),
        ("RNN", {"activations": ["Affine"], "activation_alpha": [0.5]}, "cell uses affine"),
        ("LSTM", {"activations": ["Sigmoid", "Tanh", "Relu"]}, "cell uses sigmoid, tanh, relu"),
        ("LSTM", {"clip": 3.0}, "cell clips"),
        ("GRU", {"clip": 3.0}, "cell clips"),
        ("LSTM", {"input_forget": 1}, "input_forget"),
        ("GRU", {"direction": "sideways"}, "direction"),
    ],
)
def test_cells_with_other_equations_are_refused(tmp_path, op, attributes, words):
    assert words in refused(written(tmp_path / "m.onnx", recurrent(op, **attributes)))


def test_peepholes_are_refused_unless_they_are_zero(tmp_path):
    model = recurrent("LSTM")
    model.graph.node[0].input.append("P")
    for P, refuses in ((np.zeros((1, 3 * H), np.float32), False), (numbers(1, 3 * H), True)):
        model.graph.initializer.append(numpy_helper.from_array(P, "P"))
        path = written(tmp_path / "m.onnx", model)
        if refuses:
            assert "peepholes" in refused(path)
        else:
            x = numbers(5, INPUTS)
            np.testing.assert_allclose(outputs(path, x), reference(recurrent("LSTM"), x), rtol=0, atol=1e-5)
        del model.graph.initializer[-1]


def test_bad_nodes_do_not_keep_good_ones_from_being_chosen(tmp_path):
    good, bad = recurrent("GRU", linear_before_reset=1), recurrent("LSTM", clip=1.0)
    for value in (*bad.graph.node[0].input, "Y", "Y_h"):
        for names in (bad.graph.node[0].input, bad.graph.node[0].output):
            for index, name in enumerate(names):
                if name == value and name not in ("X", ""):
                    names[index] = f"other_{name}"
    for tensor in bad.graph.initializer:
        tensor.name = f"other_{tensor.name}"
    good.graph.node.extend(bad.graph.node)
    good.graph.initializer.extend(bad.graph.initializer)
    good.graph.node[1].name = "decoder"
    found = read(written(tmp_path / "m.onnx", good))
    assert [module.path for module in found.modules] == ["cell"]
    assert "decoder clips" in found.refused["decoder"]


class Net(nn.Module):
    """Tokens go in, two layers, logits come out."""

    def __init__(self, cell, bidirectional=False, learned=False, **options):
        super().__init__()
        self.emb = nn.Embedding(11, INPUTS)
        self.rnn = cell(INPUTS, H, 2, batch_first=True, bidirectional=bidirectional, **options)
        self.fc = nn.Linear(2 * H if bidirectional else H, 5)
        D = 2 if bidirectional else 1
        self.h0, self.c0 = (nn.Parameter(torch.randn(2 * D, 1, H)) if learned else None for _ in range(2))

    def forward(self, tokens):
        state = None
        if self.h0 is not None:
            h0, c0 = [each.expand(-1, len(tokens), -1).contiguous() for each in (self.h0, self.c0)]
            state = (h0, c0) if isinstance(self.rnn, nn.LSTM) else h0
        return self.fc(self.rnn(self.emb(tokens), state)[0])


NETS = {
    "gru": (nn.GRU, {}),
    "gru both ways, learned": (nn.GRU, {"bidirectional": True, "learned": True}),
    "lstm, learned": (nn.LSTM, {"learned": True}),
    "lstm both ways": (nn.LSTM, {"bidirectional": True}),
    "tanh": (nn.RNN, {}),
    "relu both ways": (nn.RNN, {"bidirectional": True, "nonlinearity": "relu"}),
}


@pytest.mark.parametrize(
    ("exporter", "name", "sizes"),
    [
        *(("old", name, "open") for name in NETS),
        *(("old", name, "fixed") for name in NETS),
        ("new", "gru", "open"),
        ("new", "gru both ways, learned", "open"),
        ("new", "lstm both ways", "fixed"),
    ],  # PyTorch 2.13's new exporter writes an nn.RNN as plain operators
)
@pytest.mark.filterwarnings("ignore")
def test_what_pytorch_exports_gives_pytorchs_outputs(tmp_path, exporter, name, sizes):
    cell, options = NETS[name]
    torch.manual_seed(0)
    net = Net(cell, **options).eval()
    example, path = torch.randint(11, (2, 6)), tmp_path / "m.onnx"
    if exporter == "old":
        axes = {"dynamic_axes": {"tokens": {0: "b", 1: "t"}}} if sizes == "open" else {}
        torch.onnx.export(net, (example,), path, dynamo=False, input_names=["tokens"], **axes)
    else:
        axes = {"dynamic_shapes": ({0: torch.export.Dim("b")},)} if sizes == "open" else {}
        torch.onnx.export(net, (example,), path, dynamo=True, external_data=False, verbose=False, **axes)
    loaded = checkpoint.load(path)
    assert (loaded.model.path, loaded.model.architecture.layers) == ("rnn", 2)
    tokens = torch.randint(11, (9,))
    with torch.no_grad():
        np.testing.assert_allclose(outputs(path, tokens), net(tokens[None])[0].numpy(), rtol=0, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_weights_that_the_exporter_left_in_parts_are_put_together(tmp_path):
    """From some 500 units on, PyTorch's new exporter leaves them as slices, in its own order, to be concatenated."""
    net = nn.LSTM(8, 600).eval()
    torch.onnx.export(
        net, (torch.randn(3, 1, 8),), tmp_path / "m.onnx", dynamo=True, external_data=False, verbose=False
    )
    assert "Slice" in {node.op_type for node in onnx.load(tmp_path / "m.onnx").graph.node}
    loaded = checkpoint.load(tmp_path / "m.onnx").model
    for name, parameter in net.state_dict().items():
        if "weight" in name:
            assert torch.equal(loaded.rnn.state_dict()[name], parameter)


def test_an_lstm_with_projections_is_refused_as_it_is_exported_wrongly(tmp_path):
    """PyTorch 2.13's new exporter leaves the projection out, and the cell state as wide as it was before it."""
    model = with_initial([], {"h0": np.zeros((1, 1, H), np.float32), "c0": np.zeros((1, 1, 2 * H), np.float32)})
    assert "projections" in refused(written(tmp_path / "m.onnx", model))


def stacked(*between, second=None, D=2, head=(), stored=(), outputs=("Y2",), before=(), first="X", **attributes):
    """Two GRU nodes with nodes between them, from Y to X2."""
    second = {f"{name}2": array for name, array in weights("GRU", D, inputs=D * H, seed=5).items()}
    direction = "bidirectional" if D == 2 else "forward"
    nodes = [
        *before,
        helper.make_node("GRU", [first, "W", "R", "B"], ["Y"], "a", direction=direction, hidden_size=H),
        *between,
        helper.make_node("GRU", ["X2", "W2", "R2", "B2"], ["Y2", "Y2_h"], "b", direction=direction, hidden_size=H),
        *head,
    ]
    inputs = attributes.get("inputs", [("X", TensorProto.FLOAT, ["t", "n", INPUTS])])
    return graph(nodes, inputs, outputs, weights("GRU", D) | second | dict(stored))


TURN = helper.make_node("Transpose", ["Y"], ["turned"], perm=[0, 2, 1, 3])
JOIN = helper.make_node("Reshape", ["turned", "shape"], ["X2"])


def test_nodes_that_follow_each_other_are_layers_of_one_module(tmp_path):
    model = stacked(TURN, JOIN, stored={"shape": np.array([0, 0, -1])})
    path = written(tmp_path / "m.onnx", model)
    assert [(module.path, len(module.layers)) for module in read(path).modules] == [("a", 2)]
    x = numbers(5, INPUTS)
    (theirs,) = ReferenceEvaluator(model).run(None, {"X": x[:, None]})
    np.testing.assert_allclose(outputs(path, x), theirs[:, :, 0].reshape(5, -1), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "between",
    [
        [helper.make_node("Reshape", ["Y", "shape"], ["X2"])],  # mixes directions with sequences
        [
            TURN,
            helper.make_node("Reshape", ["turned", "shape"], ["joined"]),
            helper.make_node("Relu", ["joined"], ["X2"]),
        ],
        [
            TURN,
            helper.make_node("Reshape", ["turned", "shape"], ["joined"]),
            helper.make_node("Transpose", ["joined"], ["X2"], perm=[1, 0, 2]),  # time and batch exchanged
        ],
        [
            helper.make_node("Transpose", ["Y"], ["turned"], perm=[0, 2, 3, 1]),  # directions interleaved
            JOIN,
        ],
    ],
)
def test_nodes_with_anything_between_them_are_modules_of_their_own(tmp_path, between):
    model = stacked(*between, stored={"shape": np.array([-1, 0, 2 * H]) if len(between) == 1 else np.array([0, 0, -1])})
    path = written(tmp_path / "m.onnx", model)
    assert [(module.path, len(module.layers)) for module in read(path).modules] == [("a", 1), ("b", 1)]
    assert "a, b" in refused(path)
    x = numbers(5, INPUTS)
    first = ReferenceEvaluator(stacked(*between, stored={"shape": np.array([0, 0, -1])}, outputs=("Y",)))
    (theirs,) = first.run(["Y"], {"X": x[:, None]}) if len(between) > 1 else (None,)
    if theirs is not None:
        np.testing.assert_allclose(outputs(path, x, "a"), theirs[:, :, 0].reshape(5, -1), rtol=0, atol=1e-5)


def test_two_readers_of_one_layer_are_modules_of_their_own(tmp_path):
    third = {f"{name}3": array for name, array in weights("GRU", 2, inputs=2 * H, seed=6).items()}
    head = [helper.make_node("GRU", ["X2", "W3", "R3", "B3"], ["Y3"], "c", direction="bidirectional", hidden_size=H)]
    model = stacked(TURN, JOIN, head=head, stored={"shape": np.array([0, 0, -1]), **third}, outputs=("Y2", "Y3"))
    assert [module.path for module in read(written(tmp_path / "m.onnx", model)).modules] == ["a", "b", "c"]


def test_nodes_that_differ_are_modules_of_their_own(tmp_path):
    model = stacked(TURN, JOIN, stored={"shape": np.array([0, 0, -1])})
    model.graph.node[-1].attribute.append(helper.make_attribute("linear_before_reset", 1))
    found = read(written(tmp_path / "m.onnx", model))
    assert [module.reset for module in found.modules] == ["before", "after"]


def headed(*head, stored=(), before=(), first="X", op="GRU", **more):
    node = helper.make_node(op, [first, "W", "R", "B"], ["Y", "Y_h"], "cell", hidden_size=H)
    inputs = more.get("inputs", [("X", TensorProto.FLOAT, ["t", "n", INPUTS])])
    return graph([*before, node, *head], inputs, ["out"], weights(op, 1) | dict(stored))


SQUEEZE = helper.make_node("Squeeze", ["Y", "one"], ["states"])
HEAD = {"V": numbers(H, 5), "V5": numbers(5, H), "v": numbers(5), "one": np.array([1]), "zero": np.array(0)}


@pytest.mark.parametrize(
    ("head", "bias", "note"),
    [
        ([SQUEEZE, helper.make_node("MatMul", ["states", "V"], ["out"])], False, ""),
        (
            [
                SQUEEZE,
                helper.make_node("MatMul", ["states", "V"], ["s"]),
                helper.make_node("Add", ["s", "v"], ["l"]),
                helper.make_node("LogSoftmax", ["l"], ["out"]),
            ],
            True,
            "LogSoftmax",
        ),
        (
            [
                helper.make_node("Gather", ["Y", "zero"], ["last"], axis=0),
                helper.make_node("Gather", ["last", "zero"], ["flat"], axis=0),
                helper.make_node("Gemm", ["flat", "V5", "v"], ["out"], transB=1),
            ],
            True,
            "",
        ),
        (
            [
                helper.make_node("Squeeze", ["Y_h", "zero1"], ["flat"]),
                helper.make_node("Gemm", ["flat", "V", "v"], ["l"]),
                helper.make_node("Sigmoid", ["l"], ["out"]),
            ],
            True,
            "Sigmoid",
        ),
    ],
)
def test_a_read_out_is_found(tmp_path, head, bias, note):
    stored = HEAD | {"zero1": np.array([0])}
    path = written(tmp_path / "m.onnx", headed(*head, stored=stored))
    x = numbers(5, INPUTS)
    states = reference(headed(SQUEEZE, helper.make_node("Identity", ["states"], ["out"]), stored=stored), x)
    V = HEAD["V5"].T if head[-1].op_type == "Gemm" else HEAD["V"]
    np.testing.assert_allclose(outputs(path, x), states @ V + (HEAD["v"] if bias else 0), rtol=0, atol=1e-5)
    assert any(note in each for each in checkpoint.load(path).notes) or not note


@pytest.mark.parametrize(
    "head",
    [
        [SQUEEZE, helper.make_node("MatMul", ["states", "V"], ["h"]), helper.make_node("Relu", ["h"], ["out"])],
        [SQUEEZE, helper.make_node("Relu", ["states"], ["h"]), helper.make_node("MatMul", ["h", "V"], ["out"])],
        [
            SQUEEZE,
            helper.make_node("Mul", ["states", "states"], ["h"]),
            helper.make_node("MatMul", ["h", "V"], ["out"]),
        ],
        [
            SQUEEZE,
            helper.make_node("MatMul", ["states", "V"], ["a"]),
            helper.make_node("MatMul", ["states", "V"], ["b"]),
            helper.make_node("Concat", ["a", "b"], ["out"], axis=-1),
        ],
        [
            helper.make_node("Reshape", ["Y", "odd"], ["h"]),
            helper.make_node("MatMul", ["h", "W22"], ["out"]),
        ],
        [
            helper.make_node("Transpose", ["Y"], ["turned"], perm=[0, 1, 3, 2]),
            helper.make_node("Reshape", ["turned", "flat"], ["torn"]),
            helper.make_node("MatMul", ["torn", "V"], ["out"]),
        ],
        [
            helper.make_node("Gather", ["Y", "zero"], ["last"], axis=0),
            helper.make_node("Gather", ["last", "zero"], ["flat"], axis=0),
            helper.make_node("Gemm", ["flat", "V", "v"], ["out"], alpha=2.0),
        ],
    ],
)
def test_what_is_no_plain_read_out_is_left_out(tmp_path, head):
    stored = HEAD | {"odd": np.array([-1, 2]), "W22": numbers(2, 2), "flat": np.array([-1, H])}
    path = written(tmp_path / "m.onnx", headed(*head, stored=stored))
    assert checkpoint.load(path).model.readout is None


def test_an_embedding_is_used_only_where_tokens_are_fed_to_it(tmp_path):
    stored = {"E": numbers(9, INPUTS), "one": np.array(1), "axis": np.array([1])}
    tokens = {"inputs": [("T", TensorProto.INT64, ["t"])], "stored": stored, "first": "X3"}
    out = helper.make_node("Identity", ["Y"], ["out"])
    widen = helper.make_node("Unsqueeze", ["rows", "axis"], ["X3"])
    cast = helper.make_node("Cast", ["T"], ["C"], to=TensorProto.INT32)
    picked = headed(out, before=[cast, helper.make_node("Gather", ["E", "C"], ["rows"]), widen], **tokens)
    path = written(tmp_path / "m.onnx", picked)
    (theirs,) = ReferenceEvaluator(picked).run(None, {"T": np.array([3, 0, 8, 3])})
    np.testing.assert_allclose(outputs(path, np.array([3, 0, 8, 3])), theirs[:, 0, 0], rtol=0, atol=1e-5)
    shift = helper.make_node("Add", ["T", "one"], ["C"])
    shifted = headed(out, before=[shift, helper.make_node("Gather", ["E", "C"], ["rows"]), widen], **tokens)
    assert checkpoint.load(written(tmp_path / "shifted.onnx", shifted)).model.embedding is None
    turn = helper.make_node("Transpose", ["rows"], ["turned"], perm=[1, 0])
    tear = helper.make_node("Reshape", ["turned", "shape"], ["X3"])
    tokens["stored"] = stored | {"shape": np.array([-1, 1, INPUTS])}
    torn = headed(out, before=[cast, helper.make_node("Gather", ["E", "C"], ["rows"]), turn, tear], **tokens)
    assert checkpoint.load(written(tmp_path / "torn.onnx", torn)).model.embedding is None


def test_nodes_in_the_branches_of_an_if_are_found_with_their_own_weights(tmp_path):
    """As in voice detectors that have one network for each sampling rate; branches may use the same names."""

    def branch(seed):
        stored = [numpy_helper.from_array(array, name) for name, array in weights("LSTM", 1, seed=seed).items()]
        node = helper.make_node("LSTM", ["X", "W", "R", "B"], ["Y"], f"net{seed}", hidden_size=H)
        return helper.make_graph([node], "branch", [], [helper.make_tensor_value_info("Y", 1, None)], stored)

    choose = helper.make_node("If", ["fast"], ["out"], then_branch=branch(1), else_branch=branch(2))
    inputs = [("X", TensorProto.FLOAT, ["t", "n", INPUTS]), ("fast", TensorProto.BOOL, [])]
    model = graph([choose], inputs, ["out"])
    path = written(tmp_path / "m.onnx", model)
    x = numbers(5, INPUTS)
    for fast, name in ((True, "net1"), (False, "net2")):
        (theirs,) = ReferenceEvaluator(model).run(None, {"X": x[:, None], "fast": np.array(fast)})
        np.testing.assert_allclose(outputs(path, x, name), theirs[:, 0, 0], rtol=0, atol=1e-5)


def test_files_that_hold_no_network_are_refused_in_a_line(tmp_path):
    fed = recurrent("GRU")
    del fed.graph.initializer[1]
    fed.graph.input.append(helper.make_tensor_value_info("R", TensorProto.FLOAT, [1, 3 * H, H]))
    assert "recurrent weights of cell are not in the file" in refused(written(tmp_path / "fed.onnx", fed))
    relu = graph([helper.make_node("Relu", ["X"], ["Y"])], [("X", TensorProto.FLOAT, [1])], ["Y"])
    assert "no GRU, LSTM or RNN node" in refused(written(tmp_path / "relu.onnx", relu))
    quantised = helper.make_node("DynamicQuantizeLSTM", ["X"], ["Y"], "cell", domain="com.microsoft")
    model = graph([quantised], [("X", TensorProto.FLOAT, [1])], ["Y"])
    assert "quantised" in refused(written(tmp_path / "quantised.onnx", model))
    (tmp_path / "text.onnx").write_bytes(b"To be, or not to be, that is the question")
    assert "not a whole ONNX file" in refused(tmp_path / "text.onnx")
    (tmp_path / "empty.onnx").write_bytes(b"")
    refused(tmp_path / "empty.onnx")
    whole = written(tmp_path / "whole.onnx", recurrent("GRU")).read_bytes()
    for length in (1, 100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.onnx").write_bytes(whole[:length])
        refused(tmp_path / "cut.onnx")


def test_weights_in_another_file_are_not_followed(tmp_path):
    model = recurrent("GRU")
    onnx.save(model, tmp_path / "m.onnx", save_as_external_data=True, size_threshold=0, location="weights.bin")
    assert "external_data=False" in refused(tmp_path / "m.onnx")
    hidden = recurrent("GRU")
    tensor = onnx.load(tmp_path / "m.onnx", load_external_data=False).graph.initializer[0]
    hidden.graph.node.insert(0, helper.make_node("Constant", [], ["C"]))
    hidden.graph.node[0].attribute.append(helper.make_attribute("value", tensor))
    assert "external_data=False" in refused(written(tmp_path / "hidden.onnx", hidden))


def test_files_that_lie_are_refused(tmp_path):
    def lying(change):
        model = recurrent("GRU", initial=False)
        change(model.graph)
        return refused(written(tmp_path / "m.onnx", model))

    assert "shape" in lying(lambda graph: graph.initializer[0].dims.__setitem__(1, 2**40))
    assert "shape" in lying(
        lambda graph: graph.initializer[0].CopyFrom(numpy_helper.from_array(numbers(1, 9, INPUTS), "W"))
    )
    assert "shape" in lying(
        lambda graph: graph.initializer[1].CopyFrom(numpy_helper.from_array(numbers(3 * H, H), "R"))
    )
    assert "shape" in lying(lambda graph: graph.initializer[2].CopyFrom(numpy_helper.from_array(numbers(1, 9), "B")))
    nan = np.full((1, 3 * H, INPUTS), np.nan, np.float32)
    assert "not finite" in lying(lambda graph: graph.initializer[0].CopyFrom(numpy_helper.from_array(nan, "W")))
    ints = np.ones((1, 3 * H, INPUTS), np.int64)
    whole = numpy_helper.from_array(ints, "W")
    assert "as floats" in lying(lambda graph: graph.initializer[0].CopyFrom(whole))
    assert "order" in lying(lambda graph: graph.node[0].input.__setitem__(0, "Y"))
    assert "order" in lying(lambda graph: graph.node.append(graph.node[0]))


def test_flipped_bytes_do_no_harm(tmp_path):
    """Such a file is read, or refused in a line; nothing else comes of it."""
    model = stacked(TURN, JOIN, stored={"shape": np.array([0, 0, -1])})
    whole, random = model.SerializeToString(), np.random.default_rng(0)
    named = whole.replace(b"turned", b"tur\xff\xfed")  # no UTF-8
    for number in range(300):
        data = bytearray(whole if number else named)
        if number:
            for place in random.integers(len(data), size=3):
                data[place] = random.integers(256)
        (tmp_path / "m.onnx").write_bytes(data)
        message = ""
        try:
            read(tmp_path / "m.onnx")
        except GruvizError as error:
            message = str(error)
        assert "\n" not in message
        assert message or number


@pytest.mark.parametrize("op", ["Expand", "Tile", "ConstantOfShape", "Concat", "Concat of one", "Gather", "Mul"])
def test_values_that_swell_are_refused(tmp_path, op):
    """A few bytes that unfold to terabytes, in one step or in many."""
    stored = weights("GRU", 1) | {"n": np.array([2**40]), "seed": np.ones(1024, np.float32), "tall": np.ones((1024, 1))}
    if op == "ConstantOfShape":
        nodes = [helper.make_node(op, ["n"], ["h0"], value=helper.make_tensor("v", 1, [1], [1.0]))]
    elif op == "Concat of one":
        stored["large"] = np.ones(2**18, np.float32)
        nodes = [helper.make_node("Concat", ["large"] * 100_000, ["h0"], axis=0)]
    elif op == "Gather":
        stored |= {"large": np.ones((1, 2**18), np.float32), "zeros": np.zeros(2**18, np.int64)}
        nodes = [helper.make_node("Gather", ["large", "zeros"], ["h0"])]
    elif op == "Concat":
        names = ["seed", *(f"v{step}" for step in range(40))]
        nodes = [helper.make_node(op, [one, one], [other], axis=0) for one, other in pairwise(names)]
        nodes.append(helper.make_node("Identity", [names[-1]], ["h0"]))
    elif op == "Mul":
        names = ["tall", *(f"v{step}" for step in range(4))]
        nodes = []
        for one, other in pairwise(names):
            nodes.append(helper.make_node("Mul", [one, "seed"], [f"{other}m"]))
            nodes.append(helper.make_node("Reshape", [f"{other}m", "column"], [other]))
        stored["column"] = np.array([-1, 1])
        nodes.append(helper.make_node("Identity", [names[-1]], ["h0"]))
    else:
        stored["single"] = np.ones(1, np.float32)
        nodes = [helper.make_node(op, ["single", "n"], ["h0"])]
    node = helper.make_node("GRU", ["X", "W", "R", "B", "", "h0"], ["Y"], "cell", hidden_size=H)
    model = graph([*nodes, node], [("X", TensorProto.FLOAT, ["t", "b", INPUTS])], ["Y"], stored)
    assert "far more values than it holds" in refused(written(tmp_path / "m.onnx", model))
