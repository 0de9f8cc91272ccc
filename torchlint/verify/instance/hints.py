"""What kind of input an expression is likely to be: by the operations that take it, and by its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.verify.instance.holes import Hole
from torchlint.verify.instance.version_scope import Scope
from torchlint.verify.instance.whitelist import dotted, names_in

_Named = dict[str, Hole]


def _table(text: str) -> dict[str, tuple[str, ...]]:
    rows = (line.partition(":") for line in text.strip().splitlines())
    return {name: tuple(kinds.split()) for names, _, kinds in rows for name in names.split()}


# By operation and position, the input being 0.
_POSITIONS: dict[tuple[str, int], tuple[str, ...]] = {
    **dict.fromkeys(
        [("cross_entropy", 1), ("nll_loss", 1), ("CrossEntropyLoss", 1), ("NLLLoss", 1)], ("labels", "prob")
    ),
    **dict.fromkeys([("binary_cross_entropy", 0), ("BCELoss", 0)], ("unit",)),
    **dict.fromkeys([("binary_cross_entropy", 1), ("BCELoss", 1)], ("binary", "unit")),
    **dict.fromkeys([("binary_cross_entropy_with_logits", 1), ("BCEWithLogitsLoss", 1)], ("binary", "unit")),
    **dict.fromkeys([("embedding", 0), ("one_hot", 0), ("bincount", 0)], ("labels",)),
    **dict.fromkeys([("gather", 2), ("index_select", 2), ("scatter", 2), ("scatter_", 2)], ("labels",)),
    **dict.fromkeys([("scatter_add", 2), ("scatter_add_", 2), ("index_add", 2), ("take_along_dim", 1)], ("labels",)),
    **dict.fromkeys([("masked_fill", 1), ("masked_fill_", 1), ("masked_select", 1), ("where", 0)], ("bool",)),
    **dict.fromkeys([(name, 1) for name in ("gather", "index_select", "scatter", "scatter_", "scatter_add")], ("dim",)),
    **dict.fromkeys([("transpose", 1), ("transpose", 2), ("cat", 1), ("stack", 1), ("unsqueeze", 1)], ("dim",)),
    ("pow", 1): ("number", "float"),
}
_REDUCING = names_in("""
    softmax log_softmax logsumexp sum mean argmax argmin amax amin max min prod cumsum cumprod squeeze size var std norm
    softmin unbind split chunk topk sort argsort any all flatten
""")
_OF_NUMBERS = names_in("int float len range max min sum round abs pow log exp sqrt zip enumerate")
_SIZED = names_in("view reshape expand repeat zeros ones full empty rand randn arange eye range linspace")
# Methods of which the result is used for what the tensor holds.
_PASSING = names_in("long int item view reshape flatten squeeze unsqueeze detach clone contiguous to")
_KEYWORDS = _table("""
dim axis dim0 dim1 start_dim end_dim: dim
keepdim training unbiased inplace largest sorted: flag
eps alpha beta p min max value label_smoothing threshold margin negative_slope lambd correction ord: number
target: labels binary float
index: labels
weight pos_weight: weight
num_classes: size
""")
_NAMES = _table("""
dim axis dims: dim
eps epsilon alpha beta gamma lr temperature temp tau scale sigma margin threshold lambda_ weight_decay: number
mask attn_mask attention_mask pad_mask masks: bool
labels label target targets y idx index indices ids classes: labels
n b t c d k batch_size num_classes num_heads seq_len length size hidden_size: size
training keepdim: flag
""")
_ANNOTATIONS = {
    "float": ("number",),
    "int": ("size", "dim"),
    "bool": ("flag",),
    "Tensor": ("float",),
    "torch.Tensor": ("float",),
    "torch.LongTensor": ("labels",),
    "torch.BoolTensor": ("bool",),
    "torch.FloatTensor": ("float",),
}


def of_text(node: ast.expr, scope: Scope) -> tuple[str, ...]:
    """What annotation, default and name of an expression suggest."""
    text = dotted(node)
    if text is None:
        return ()
    declared = _declared(text, scope)
    by_name = _NAMES.get(text.rpartition(".")[2].lower(), ())
    # `self.alpha` and `args.alpha` are settings more often than tensors.
    setting = ("number",) if "." in text and by_name == ("number",) else ()
    weak = () if by_name and by_name[0] in ("labels", "bool") else by_name
    return tuple(dict.fromkeys((*declared, *setting, *weak, *(("float",) if not weak else ()), *by_name)))


def _declared(name: str, scope: Scope) -> tuple[str, ...]:
    argument = scope.parameters.get(name)
    if argument is None:
        return ()
    if argument.annotation is not None:
        text = ast.unparse(argument.annotation).strip("'\"")
        return _ANNOTATIONS.get(text.removeprefix("Optional[").removesuffix("]").removesuffix(" | None"), ())
    default = scope.defaults.get(name)
    value = default.value if isinstance(default, ast.Constant) else None
    if isinstance(value, bool):
        return ("flag",)
    if isinstance(value, int):
        return ("dim", "size") if "dim" in name or name == "axis" else ("number", "size")
    return ("number",) if isinstance(value, float) else ()


def of_call(call: ast.Call, named: _Named) -> None:
    """Note what the operation of a rebuilt call takes."""
    function = call.func
    method = isinstance(function, ast.Attribute) and not (dotted(function) or "").startswith(("torch.", "math."))
    if isinstance(function, ast.Call):
        function = function.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    arguments = [function.value, *call.args] if method and isinstance(function, ast.Attribute) else call.args
    for place, argument in enumerate(arguments):
        for hole in _holes(argument, named):
            hole.used_as(*_at(name, place, method))
        taken = named.get(argument.id) if isinstance(argument, ast.Name) else None
        if taken is not None and place == 0 and name not in _SIZED and name not in _OF_NUMBERS:
            taken.is_tensor = True
    for keyword in call.keywords:
        for hole in _holes(keyword.value, named):
            hole.used_as(*_KEYWORDS.get(keyword.arg or "", ()))


def _at(name: str, place: int, method: bool) -> tuple[str, ...]:
    if (name, place) in _POSITIONS:
        return _POSITIONS[name, place]
    if name in _SIZED and (place or not method):
        return ("size",) if name not in ("view", "reshape", "expand", "repeat") or place else ()
    if place == 1 and name in _REDUCING:
        return ("dim",)
    return ("number",) if name in ("float", "sqrt") and not method and name == "float" else ()


def of_operator(node: ast.BinOp | ast.UnaryOp, named: _Named) -> None:
    """Note what a rebuilt operator takes."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        for hole in _holes(node.operand, named):
            hole.used_as("bool")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
        for hole in (*_holes(node.left, named), *_holes(node.right, named)):
            hole.used_as("bool")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        for hole in _holes(node.right, named):
            hole.used_as("number")


def of_index(node: ast.Subscript, named: _Named) -> None:
    """Note what indexes a tensor."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for part in parts:
        for hole in _holes(part, named):
            hole.used_as("labels", "bool", "size")


def of_slice(node: ast.Slice, named: _Named) -> None:
    for part in (node.lower, node.upper, node.step):
        if part is not None:
            for hole in _holes(part, named):
                hole.used_as("size")


def _holes(node: ast.expr, named: _Named) -> Iterator[Hole]:
    """The input that an argument is or is made of, or those that a list or tuple of them holds."""
    for part in node.elts if isinstance(node, ast.Tuple | ast.List) else [node]:
        inner = _unwrapped(part)
        if isinstance(inner, ast.Name) and inner.id in named:
            yield named[inner.id]


def _unwrapped(node: ast.expr) -> ast.expr:
    """`y` for `int(y[i])` and `y.view(-1).long()`: what is asked of the whole is asked of it."""
    while True:
        if isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _PASSING:
            node = node.func.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "int" and node.args:
            node = node.args[0]
        else:
            return node
