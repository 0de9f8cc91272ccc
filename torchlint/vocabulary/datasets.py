"""What rules about datasets share: which classes are some, and what their special methods are called by mistake."""

from __future__ import annotations

import ast
import re
from difflib import SequenceMatcher
from functools import cache

from torchlint.rule import (
    Call,
    ClassModel,
    Element,
    External,
    Frame,
    FunctionModel,
    Instance,
    Items,
    Value,
    classes,
    members,
)

_HOMES = ("torch.utils.data.", "torch.utils.data.dataset.")
MAP_STYLE = frozenset(home + "Dataset" for home in _HOMES)
ITERABLE = frozenset(home + "IterableDataset" for home in _HOMES)
SAMPLERS = frozenset({"torch.utils.data.Sampler", "torch.utils.data.sampler.Sampler"})
MODULES = frozenset({"torch.nn.Module", "torch.nn.modules.Module", "torch.nn.modules.module.Module"})
LOADER = "torch.utils.data.DataLoader"
# Datasets of torch that are made of others, and what divides one.
_WRAPPERS = frozenset(
    home + name for home in _HOMES for name in ("TensorDataset", "Subset", "ConcatDataset", "StackDataset")
)
SPLITS = frozenset(home + "random_split" for home in _HOMES)
SUBSETS = frozenset(home + "Subset" for home in _HOMES)
_IMAGES = re.compile(r"torchvision\.datasets\.(?:\w+\.)?[A-Z]\w*$")
# Bases that bring no special method along.
_BARE = frozenset(
    {*MAP_STYLE, *ITERABLE, "builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", "abc.ABCMeta"}
)
_DUNDERS = frozenset(
    {*dir(list), *dir(dict), *dir(int), *dir(type), *dir(float), "__getitems__", "__getattr__", "__call__"}
)
_OWN_SPELLINGS = {
    "__getitem__": frozenset(
        {"__item__", "__items__", "__getitem", "getitem", "__get__item__", "_getitem_", "getItem", "get_item"}
    ),
    "__len__": frozenset({"__length__", "__size__", "__len", "__lenth__", "__lenght__", "__Len__", "__length"}),
}
_NEAR = 0.85


def is_dataset(frame: Frame, cls: ClassModel) -> bool:
    """Whether a class derives from a dataset of torch."""
    return classes.is_subclass(frame, cls, MAP_STYLE | ITERABLE) is True


def is_iterable(frame: Frame, cls: ClassModel) -> bool:
    """Whether a class certainly derives from `torch.utils.data.IterableDataset`."""
    return classes.is_subclass(frame, cls, ITERABLE) is True


def is_closed(frame: Frame, cls: ClassModel) -> bool:
    """Whether all that a class has is in sight: no base is unknown or brings special methods of its own."""
    if any(keyword.arg is None or keyword.arg == "metaclass" for keyword in cls.node.keywords):
        return False
    if cls.node.decorator_list:
        return False
    for ancestor in classes.lineage(frame, cls):
        if ancestor is None or (isinstance(ancestor, External) and ancestor.qualname not in _BARE):
            return False
    return True


@cache
def meant(name: str) -> str | None:
    """The special method that a name is a misspelling of."""
    for wanted, known in _OWN_SPELLINGS.items():
        if name in known:
            return wanted
    if name in _DUNDERS or not re.fullmatch(r"__\w+__|__\w+[^_]_?|_\w+__", name):
        return None
    for wanted in _OWN_SPELLINGS:
        # A name with one underscore on each side is left to the rule about `_init_`.
        if name != wanted and name.strip("_").lower() == wanted.strip("_"):
            return wanted
        if name.endswith("__") and SequenceMatcher(None, name, wanted).ratio() >= _NEAR:
            return wanted
    return None


def role(method: FunctionModel, frame: Frame, cls: ClassModel) -> str:
    """The special method that a method is or was meant to be, else its name."""
    wanted = meant(method.name)
    return wanted if wanted is not None and classes.find_method(frame, cls, wanted) is None else method.name


def positional(method: FunctionModel) -> list[ast.arg]:
    """The parameters of a method that may be given by position, the instance included."""
    args = method.node.args
    return [*args.posonlyargs, *args.args]


def is_abstract(method: FunctionModel) -> bool:
    """Whether a body does nothing but raise, or nothing at all."""
    return all(
        isinstance(statement, ast.Raise | ast.Pass)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in method.node.body
    )


def is_map_style(frame: Frame, value: Value) -> bool:
    """Whether a value is certainly a dataset of which samples are taken by index, on every path."""
    return all(_is_map_style(frame, member) for member in members(value))


def _is_map_style(frame: Frame, value: Value) -> bool:
    if isinstance(value, Instance):
        is_map = classes.is_subclass(frame, value.cls, MAP_STYLE) is True
        return is_map and not is_iterable(frame, value.cls)
    if isinstance(value, Element):
        return isinstance(value.base, Call) and value.base.qualname in SPLITS
    if isinstance(value, Items):
        return value.kind != "set"
    return isinstance(value, Call) and (value.qualname in _WRAPPERS or _IMAGES.match(value.qualname) is not None)
