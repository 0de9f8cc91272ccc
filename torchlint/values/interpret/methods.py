"""Calls of methods: of modules, lists, dicts and tensors."""

from __future__ import annotations

import ast

from torchlint.torch_facts import library_models, modules, signatures
from torchlint.values import facts
from torchlint.values.interpret import assignments, classes, lists, wrapped_models
from torchlint.values.interpret.arguments import Arguments, apply, calls, opaque
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.torch_calls import bind, converted
from torchlint.values.value import (
    Call,
    ClassRef,
    Constant,
    FunctionRef,
    Instance,
    Items,
    Layer,
    LoopCarried,
    Mapped,
    Method,
    Super,
    Unknown,
    Value,
)

# Of characters.
_LONGEST_TEXT = 10_000
# Methods of strings that give strings, lists of strings and truths.
_OF_TEXT = frozenset({"lower", "upper", "strip", "startswith", "endswith", "replace", "split", "rsplit"})


@calls(Method)
def _call_method(frame: Frame, method: Method, arguments: Arguments, node: ast.Call) -> Value:
    receiver, name = method.receiver, method.name
    if name in ("append", "add_module") and isinstance(receiver, Layer | LoopCarried) and arguments.values:
        longer = lists.with_child(receiver, arguments.values[-1])
        if longer is not None:
            frame.substitute(receiver, longer)
            return opaque(frame, method, arguments, node)
    if name == "prepare" and isinstance(receiver, Call) and receiver.qualname == "accelerate.Accelerator":
        return wrapped_models.wrapped("accelerate.Accelerator.prepare", arguments) or opaque(
            frame, method, arguments, node
        )
    match receiver:
        case Constant(value=str()) if name in _OF_TEXT:
            return _of_text(frame, receiver, method, arguments, node)
        case Layer() | Instance() if name in modules.RETURN_SELF:
            return receiver
        case Call() if name in modules.RETURN_SELF and library_models.is_model(receiver.qualname):
            return receiver
        case Layer() if name == "forward":
            return apply(frame, receiver, arguments, node)
        case Super() if name == "__getitem__" and len(arguments.values) == 1:
            return classes.entry(frame, receiver, arguments.values[0]) or opaque(frame, method, arguments, node)
        case Layer() | Instance() | ClassRef() | Super() | FunctionRef() | Constant():
            return opaque(frame, method, arguments, node)
        case Items() | LoopCarried() if name in assignments.MUTATORS or isinstance(receiver, Items):
            return _call_list_method(frame, receiver, method, arguments, node)
        case Mapped() if name == "get" and arguments.values and isinstance(arguments.values[0], Constant):
            return receiver.items.get(arguments.values[0].value) or opaque(frame, method, arguments, node)
        case Mapped() if name == "get" and len(arguments.values) == 1:
            return lists.one_of(receiver, arguments.values[0]) or opaque(frame, method, arguments, node)
        case Mapped():
            return _call_table_method(frame, receiver, method, arguments, node)
    return _call_tensor_method(frame, method, arguments, node)


def _call_table_method(frame: Frame, table: Mapped, method: Method, arguments: Arguments, node: ast.Call) -> Value:
    """A method of a dict whose keys are known; one that changes it in a way that is not seen makes it unknown."""
    result: Value = opaque(frame, method, arguments, node)
    changed: Value = Unknown(node, frame)
    match method.name, arguments.values:
        case "setdefault", [Constant(value=key), default]:
            changed = Mapped({**table.items, key: table.items.get(key, default)}, table.node, frame)
            result = changed.items[key]
        case "pop", [Constant(value=key), *rest] if key in table.items or len(rest) == 1:
            result = table.items[key] if key in table.items else rest[0]
            changed = Mapped({name: held for name, held in table.items.items() if name != key}, table.node, frame)
        case "update", [Mapped(items=more)] if not arguments.keywords:
            changed = Mapped({**table.items, **more}, table.node, frame)
        case "update" | "setdefault" | "pop" | "popitem" | "clear", _:
            pass
        case _:
            return result
    frame.substitute(table, changed)
    return result


def _of_text(frame: Frame, text: Constant, method: Method, arguments: Arguments, node: ast.Call) -> Value:
    """A method of a string that is written, such as `mode.lower()`."""
    passed = [value.value for value in arguments.values if isinstance(value, Constant)]
    texts = [each for each in passed if isinstance(each, str)]
    if len(texts) < len(arguments.values) or arguments.keywords or _grows(text.value, texts):
        return opaque(frame, method, arguments, node)
    try:
        made = getattr(text.value, method.name)(*texts)
    except (TypeError, ValueError):
        return opaque(frame, method, arguments, node)
    if isinstance(made, list):
        return Items([Constant(part, node) for part in made], "list", node, frame)
    return Constant(made, node)


def _grows(text: object, passed: list[str]) -> bool:
    """Whether a text may become a long one: `replace`, called again and again, would fill the memory."""
    return isinstance(text, str) and (len(text) + 1) * (max(map(len, passed), default=0) + 1) > _LONGEST_TEXT


def _call_list_method(
    frame: Frame, receiver: Items | LoopCarried, method: Method, arguments: Arguments, node: ast.Call
) -> Value:
    more: Value | None = None
    if method.name == "append" and len(arguments.values) == 1:
        more = Items(arguments.values, "list", node, frame)
    elif method.name == "extend" and len(arguments.values) == 1:
        more = arguments.values[0]
        if isinstance(more, Items):
            more = Items(more.items, "list", node, frame)
    longer = lists.extended(receiver, more, node, frame) if more is not None else None
    if longer is not None:
        frame.substitute(receiver, longer)
    elif method.name in assignments.MUTATORS and (isinstance(receiver, Items) or lists.is_list(receiver)):
        frame.substitute(receiver, Unknown(node, frame))
    return opaque(frame, method, arguments, node)


def _call_tensor_method(frame: Frame, method: Method, arguments: Arguments, node: ast.Call) -> Value:
    qualname = f"torch.Tensor.{method.name}"
    if not signatures.known(qualname) or facts.is_tensor(method.receiver) is False:
        return opaque(frame, method, arguments, node)
    op = bind(frame, qualname, method.receiver, arguments, node, "Tensor")
    if op is None and method.name == "to" and facts.is_tensor(method.receiver):
        op = converted(frame, method.receiver, arguments, node)
    if op is None:
        return opaque(frame, method, arguments, node)
    if method.name.endswith("_") and not method.name.endswith("__"):
        assignments.mutate(frame, method.receiver, node)
    return op
