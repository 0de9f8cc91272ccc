"""Rewrites broken on purpose: each function changes one thing in the text of an `after`."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

REDUCTIONS = {"sum": "mean", "mean": "sum", "amax": "amin", "max": "min", "logsumexp": "sum", "argmax": "argmin"}
DIMS = {"softmax", "log_softmax", "logsumexp", "sum", "mean", "var", "std", "amax", "argmax", "cumsum", "norm"}
SIGNS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}


def mutants(text: str) -> Iterator[tuple[str, str]]:
    """(what was done, the broken text) for every place of every kind of fault in a function definition."""
    tree = ast.parse(text)
    seen = {ast.unparse(tree)}
    for name, mutate in MUTATIONS.items():
        for place, node in enumerate(ast.walk(tree)):
            broken = copy.deepcopy(tree)
            target = next(found for index, found in enumerate(ast.walk(broken)) if index == place)
            if type(target) is not type(node) or not mutate(target):
                continue
            result = ast.unparse(ast.fix_missing_locations(broken))
            if result not in seen:
                seen.add(result)
                yield name, result


def _keyword(call: ast.Call, name: str) -> ast.keyword | None:
    return next((keyword for keyword in call.keywords if keyword.arg == name), None)


def _is_dim(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id in ("dim", "d", "axis")) or _number(node) is not None


def _number(node: ast.expr) -> int | None:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _takes_dim(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return name in {
        "softmax",
        "log_softmax",
        "logsumexp",
        "sum",
        "mean",
        "var",
        "std",
        "amax",
        "argmax",
        "cumsum",
        "norm",
    }


def dim_changed(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not _takes_dim(node):
        return False
    keyword = _keyword(node, "dim")
    holder: ast.expr | None = keyword.value if keyword else (node.args[-1] if node.args else None)
    if holder is None or not _is_dim(holder):
        return False
    changed = ast.BinOp(holder, ast.Sub(), ast.Constant(1))
    if keyword:
        keyword.value = changed
    else:
        node.args[-1] = changed
    return True


def dim_dropped(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not _takes_dim(node):
        return False
    keyword = _keyword(node, "dim")
    if keyword:
        node.keywords.remove(keyword)
        return True
    if len(node.args) > 1 and _is_dim(node.args[-1]):
        node.args.pop()
        return True
    return False


def keepdim_flipped(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not _takes_dim(node):
        return False
    keyword = _keyword(node, "keepdim")
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if keyword:
        keyword.value = ast.UnaryOp(ast.Not(), keyword.value)
        return True
    if name in ("softmax", "log_softmax", "cumsum") or len(node.args) + len(node.keywords) < 2:
        return False
    node.keywords.append(ast.keyword("keepdim", ast.Constant(True)))
    return True


def sign(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
        node.op = SIGNS[type(node.op)]()
        return True
    if isinstance(node, ast.Return) and node.value is not None:
        node.value = ast.UnaryOp(ast.USub(), node.value)
        return True
    return False


def arguments_swapped(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return False
    node.args[0], node.args[1] = node.args[1], node.args[0]
    return True


def off_by_one(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("arange", "range"):
        node.args[-1] = ast.BinOp(node.args[-1], ast.Sub(), ast.Constant(1))
        return True
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value >= 0:
        node.value += 1
        return True
    return False


def wrong_reduction(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute) and node.attr in REDUCTIONS:
        node.attr = REDUCTIONS[node.attr]
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and "loss" in node.func.attr + "_loss":
        if node.func.attr not in ("cross_entropy", "nll_loss", "mse_loss", "binary_cross_entropy_with_logits"):
            return False
        present = _keyword(node, "reduction")
        if present:
            return False
        node.keywords.append(ast.keyword("reduction", ast.Constant("sum")))
        return True
    return False


def _wrap_result(make: Callable[[ast.expr], ast.expr]) -> Callable[[ast.AST], bool]:
    def mutate(node: ast.AST) -> bool:
        if not isinstance(node, ast.Return) or node.value is None:
            return False
        node.value = make(node.value)
        return True

    return mutate


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _method(name: str) -> Callable[[ast.expr], ast.expr]:
    return lambda value: ast.Call(ast.Attribute(value, name, ast.Load()), [], [])


def in_place(node: ast.AST) -> bool:
    if not isinstance(node, ast.FunctionDef):
        return False
    first = node.args.args[0].arg
    node.body.insert(0, ast.Expr(_expression(f"{first}.add_(1)")))
    return True


def draws(node: ast.AST) -> bool:
    if not isinstance(node, ast.FunctionDef):
        return False
    node.body.insert(0, ast.Expr(_expression("torch.rand(1)")))
    return True


MUTATIONS: dict[str, Callable[[ast.AST], bool]] = {
    "dim changed": dim_changed,
    "dim dropped": dim_dropped,
    "keepdim flipped": keepdim_flipped,
    "sign": sign,
    "arguments swapped": arguments_swapped,
    "off by one": off_by_one,
    "wrong reduction": wrong_reduction,
    "dtype narrowed": _wrap_result(_method("half")),
    "detached": _wrap_result(_method("detach")),
    "draw added": draws,
    "in place on the input": in_place,
}
