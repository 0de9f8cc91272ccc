"""What kind of input an expression is likely to be: by the operations that take it, and by its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.torch_facts import ops, signatures
from torchlint.verify.instance.holes import Hole
from torchlint.verify.instance.version_scope import Scope
from torchlint.verify.instance.whitelist import dotted, names_in

_Named = dict[str, Hole]


def _table(text: str) -> dict[str, tuple[str, ...]]:
    rows = (line.partition(":") for line in text.strip().splitlines())
    return {name: tuple(kinds.split()) for names, _, kinds in rows for name in names.split()}


_OF_NUMBERS = names_in("int float len range max min sum round abs pow log exp sqrt zip enumerate")
_FACTORIES = ops.that(makes=("size", "steps"))
# Methods of which the result is used for what the tensor holds.
_PASSING = names_in("long int item view reshape flatten squeeze unsqueeze detach clone contiguous to")
# By the names of parameters: of any operation, and of those of which the table does not say more.
_SETTINGS = _table("""
dim axis dim0 dim1 dims start_dim end_dim: dim
keepdim training unbiased inplace largest sorted: flag
eps alpha beta p min max value label_smoothing threshold margin negative_slope lambd correction ord: number
exponent: number float
num_classes size shape repeats start end step steps n m k split_size chunks: size
""")
_KEYWORDS = {
    **_SETTINGS,
    **_table("""
target: labels binary float
index: labels
weight pos_weight: weight
"""),
}
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
    callee = f"torch.Tensor.{name}" if method else dotted(function) or ""
    arguments = [function.value, *call.args] if method and isinstance(function, ast.Attribute) else call.args
    for place, argument in enumerate(arguments):
        for hole in _holes(argument, named):
            hole.used_as(*_at(callee, place, method))
        taken = named.get(argument.id) if isinstance(argument, ast.Name) else None
        if taken is not None and place == 0 and name not in _FACTORIES and name not in _OF_NUMBERS:
            taken.is_tensor = True
    for keyword in call.keywords:
        for hole in _holes(keyword.value, named):
            hole.used_as(*_KEYWORDS.get(keyword.arg or "", ()))


def _at(callee: str, place: int, method: bool) -> tuple[str, ...]:
    """What the argument at a place is taken for, the tensor of a method being the first: by the row of the operation,
    else by the name of the parameter."""
    if callee == "float":
        return ("number",)
    layer = callee.removeprefix("torch.nn.")
    is_layer = layer in ops.LAYERS
    row = ops.of(ops.LAYERS[layer] if is_layer else signatures.canonical(callee))
    told = dict(part.split(":") for part in row.arguments.split()) if row is not None else {}
    orders = [ops.forward_parameters(layer)] if is_layer else _orders(callee, method)
    # What stands behind all parameters belongs to the last: `x.view(2, 3)`.
    names = [order[place] for order in orders if place < len(order)] or [order[-1] for order in orders if order]
    for name in names:
        if kinds := tuple(told[name].split("|")) if name in told else _SETTINGS.get(name, ()):
            return kinds
    return ()


def _orders(callee: str, method: bool) -> list[tuple[str, ...]]:
    """The parameters of each overload that take positional arguments."""
    instance = ("input",) if method else ()
    return [
        (*instance, *(parameter.name for parameter in overload if parameter.style is not signatures.Style.KEYWORD))
        for overload in signatures.overloads(callee)
    ]


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
