"""What operations have in common is in their table: no other literal of torchlint or of a rule lists them."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest
from checkout import ROOT

from torchlint.anchors import OPERATORS
from torchlint.torch_facts import ops

# Lists that stay, each with the reason why nothing in the table says the same.
ALLOWED = {
    ("rules/_filled.py", "ceil floor"): "functions of `math`",
    ("rules/create_then_move.py", "fill_ tril triu"): "what is done to a tensor before anything else is",
    ("rules/discarded_result.py", "gather unsqueeze"): "of one word, and no other library has such methods",
    ("rules/grad_of_non_leaf.py", "register_hook retain_grad"): "signs that the author knows of leaves",
    ("rules/log_one_plus.py", "exp sigmoid softmax"): "subjects of other rules",
    ("rules/parameter_moved_in_init.py", "clone detach"): "made of a parameter to be kept beside it",
    ("rules/squeeze_of_nonzero.py", "atleast_1d numel"): "the rank of their input does not matter",
    ("rules/where_nan_gradient.py", "acos asin exp"): "with the text that the fix writes",
    ("rules/where_nan_gradient.py", "masked_fill where"): "two ways to choose, by words",
    (
        "rules/attention_mask_polarity.py",
        "TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer",
    ): "layers that take masks",
    ("rules/legacy_autograd.py", "fill_ normal_ uniform_ zero_"): "how constants were made of Variables",
    ("rules/single_class_softmax.py", "cross_entropy log_softmax softmax"): "with the sentence that is said of each",
    ("torchlint/notebooks/magics.py", "cat mv t"): "commands of a shell",
    ("torchlint/skip/tokens.py", "isinf isnan"): "words by which a mask of faults is told",
    ("torchlint/values/units/mask_units.py", "tril triu"): "the two halves of a matrix",
    ("torchlint/values/units/mask_units.py", "ones ones_like"): "True everywhere",
    ("torchlint/vocabulary/singular_points.py", "log log10 log2"): "their gradient is infinite at zero: no row says so",
    ("torchlint/vocabulary/singular_points.py", "rsqrt sqrt"): "their gradient is infinite at zero: no row says so",
    ("torchlint/vocabulary/singular_points.py", "acos asin"): "their gradient is infinite at one: no row says so",
    ("torchlint/vocabulary/singular_points.py", "isinf isnan"): "questions about faults",
    ("torchlint/vocabulary/singular_points.py", "exp maximum where"): "ways to keep an argument away from zero",
    ("torchlint/vocabulary/singular_points.py", "log log1p"): "two spellings of softplus, with `exp` in them",
    ("torchlint/syntax/plain.py", "allclose equal"): "words within the names of questions, torch's or not",
    (
        "torchlint/verify/instance/context.py",
        "cdist exp norm relu relu6 softplus sqrt square std var",
    ): "kinds of the harness's inputs",
    ("torchlint/verify/reference/exact_math.py", "absolute clone logsigmoid"): "names in the reference's own table",
    (
        "torchlint/vocabulary/autograd.py",
        "requires_grad_ retain_grad",
    ): "they make a tensor a leaf or keep what it gets",
    ("torchlint/values/units/score_units.py", "masked_fill where"): "they differ in the name of an argument",
    ("torchlint/vocabulary/ranges.py", "gather take_along_dim"): "they differ in the name of an argument",
    ("torchlint/vocabulary/training.py", "copy_ detach_ fill_ zero_"): "a gradient is begun anew",
    ("rules/attention_softmax_dim.py", "bmm einsum"): "products by which attention scores are written",
    ("rules/attention_softmax_dim.py", "baddbmm clamp masked_fill tanh where"): "what is done to scores",
    ("rules/graph_break.py", "nonzero numpy tolist"): "words at which a compiled graph ends",
    ("rules/in_place_on_saved_output.py", "argmax detach topk"): "uses after which no gradient is wanted, by words",
    ("rules/loss_without_graph.py", "detach from_numpy numpy tolist"): "words at which a graph is cut",
    ("rules/loss_without_graph.py", "argmax sign"): "words at which a graph is cut",
    ("rules/sequence_dim_mismatch.py", "amax mean"): "by what a sequence is made one vector",
    ("rules/validation_in_train_mode.py", "detach numpy"): "words by which a result is taken out of the graph",
    (
        "torchlint/values/facts/tensors.py",
        "as_strided_ resize_ resize_as_ set_ squeeze_ swapaxes_ swapdims_ t_ transpose_ unsqueeze_",
    ): "methods that change the shape of the tensor itself: no row says so",
    ("torchlint/vocabulary/in_place_writes.py", "as_strided_ set_ squeeze_ t_ transpose_ unsqueeze_"): "the same",
    ("torchlint/vocabulary/api_reported.py", "is_pinned pin_memory"): "rows of a table of their own",
    (
        "torchlint/values/units/layout_units.py",
        "TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer",
    ): "their argument is that of the layers within",
    ("torchlint/values/units/layout_units.py", "MultiheadAttention Transformer"): "layers that take `batch_first`",
    ("torchlint/values/units/mask_units.py", "Embedding embedding"): "the only two with a row for the padding",
    ("rules/labels_shifted_twice.py", "bfloat16 requires_grad_"): "methods of modules, not of tensors",
    ("torchlint/vocabulary/returned_losses.py", "numpy tolist"): "beside functions of Python that read a tensor, too",
    (
        "rules/dtype_mismatch.py",
        "bernoulli local_response_norm requires_grad_",
    ): "what refuses a dtype with some of its arguments alone: no row says so",
    (
        "torchlint/values/facts/array_dtypes.py",
        "concatenate hstack ravel reshape squeeze stack transpose vstack",
    ): "functions of numpy",
    ("torchlint/values/facts/array_dtypes.py", "flatten ravel reshape squeeze transpose"): "methods of numpy",
    ("torchlint/values/facts/dtypes.py", "as_tensor asarray from_numpy"): "they take an array as it is",
    ("torchlint/values/facts/entry_shapes.py", "cos exp log log1p sin sqrt tan tanh"): "functions of numpy",
    ("torchlint/values/facts/entry_shapes.py", "sign square"): "functions of numpy",
    ("torchlint/values/facts/entry_shapes.py", "empty full ones zeros"): "functions of numpy",
    ("torchlint/values/facts/known_shapes.py", "as_tensor from_numpy"): "they take an array as it is",
    ("torchlint/values/facts/known_shapes.py", "exp log log10 log2 sqrt"): "functions of Python's `math`",
}
# How random calls of each operation are drawn: what stands in a wrong list fails the proof of its shape function.
DRAWN = "shape_proofs"


@cache
def operations() -> frozenset[str]:
    """The names that are nobody's but an operation's or a layer's.

    Others are also a function or method of Python's, an operator, an attribute of tensors, a dtype, a device, or a kind
    of an argument.
    """
    names = ops.that(kind=("function", "layer")) | ops.LAYERS.keys()
    python = {*dir(builtins), *dir(str), *dir(list), *dir(dict)}
    attributes = {"real", "imag", "item", "is_tensor", "backward", "gradient", "storage", "tensor"}
    kinds = {"dim", "size", "positive", "negative", "inner", "float", "double", "long", "half"}
    operators = {*OPERATORS, "div", "matmul", "positive", *ops.COMPARISONS}
    written = {f"{name}_" for name in operators}
    devices = {"cuda", "cpu", "xpu", "to", "type"}
    return ops.methods(*names) - python - attributes - kinds - operators - written - devices - {"diff", "fix"}


def texts(node: ast.AST) -> list[str]:
    """The strings that a literal lists: of a display, of alternatives of a `match` or a pattern, of a split text."""
    match node:
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return _strings(elements)
        case ast.Dict(keys=keys, values=values) if all(isinstance(value, ast.Constant) for value in values):
            # What gives each name a function or a number of its own implements it.
            return _strings(keys) if len(_strings(values)) == len(values) else []
        case ast.MatchOr(patterns=patterns):
            return _strings(pattern.value for pattern in patterns if isinstance(pattern, ast.MatchValue))
        case ast.Constant(value=str() as text) if "|" in text and "`" not in text:
            return re.findall(r"\w+", text)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as text), attr="split")):
            return text.split()
    return []


def _strings(nodes: object) -> list[str]:
    assert isinstance(nodes, list) or hasattr(nodes, "__iter__")
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def lists_of_operations(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The lines with a literal that names two operations, and which."""
    subjects = {id(part) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for part in _subject(node)}
    for node in ast.walk(tree):
        named = operations().intersection(texts(node))
        if len(named) > 1 and id(node) not in subjects:
            yield getattr(node, "lineno", 0), " ".join(sorted(named))


def _subject(rule: ast.ClassDef) -> Iterator[ast.AST]:
    """What a rule is about, `ops = (..)` or `needs = ((..),)`: it has to say so."""
    for node in rule.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("ops", "needs"):
            yield from ast.walk(node)


def modules() -> list[Path]:
    inside = [path for path in (ROOT / "torchlint").rglob("*.py") if {"torch_facts", DRAWN}.isdisjoint(path.parts)]
    return sorted([*inside, *(ROOT / "rules").glob("*.py")])


def test_no_list_of_operations_stands_outside_their_table() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), names): line
        for path in modules()
        for line, names in lists_of_operations(ast.parse(path.read_text(encoding="utf-8")))
    }
    new = [f"{path}:{line}: {names}" for (path, names), line in found.items() if (path, names) not in ALLOWED]
    assert not new, "say what they have in common in torchlint/torch_facts/operations, and ask `ops.that(..)`"
    assert ALLOWED.keys() <= found.keys(), "an exception that is none any more"


@pytest.mark.parametrize(
    "literal",
    [
        '_SEEN_THROUGH = frozenset({"unsqueeze", "softmax"})',
        'known = op.name in ("softmax", "log_softmax")',
        '_NAMES = "relu gelu".split()',
        '_NAMES = re.compile(r"(log_)?softmax|relu")',
        '_KINDS = {"relu": "positive", "sigmoid": "unit"}',
        """
        match op:
            case Op(name="cat" | "stack"):
                pass
        """,
    ],
)
def test_a_list_of_operations_is_found(literal: str) -> None:
    assert list(lists_of_operations(ast.parse(dedent(literal))))


@pytest.mark.parametrize(
    "literal",
    [
        '_ARITHMETIC = ("add", "sub", "mul", "div", "pow", "matmul")',
        '_PYTHON = {"sum", "max", "abs", "split", "float"}',
        '_ARGUMENTS = ("dim", "size", "dtype")',
        '_MIXED = ("softmax", "something_else")',
        '_STEPS = {"permute": _permute, "softmax": _same}',
        """
        class Rule(Check):
            ops = ("softmax", "log_softmax")
        """,
    ],
)
def test_what_only_looks_like_operations_is_not_found(literal: str) -> None:
    assert not list(lists_of_operations(ast.parse(dedent(literal))))
