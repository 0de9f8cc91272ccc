"""What is certain of `torch.nn` modules: which classes are some, and which have parameters to train."""

from __future__ import annotations

import ast
import re

from torchlint.rule import (
    Call,
    Choice,
    ClassModel,
    External,
    Frame,
    FunctionModel,
    Instance,
    Layer,
    Value,
    classes,
    frame_of,
    library_models,
    members,
    ops,
    trees,
)

_LAYER = re.compile(r"torch\.nn\.(?:modules\.(?:\w+\.)?)?[A-Z]\w*$")
_PLAIN = frozenset({"torch.nn.Module", "torch.nn.modules.Module", "torch.nn.modules.module.Module"})
_LIGHTNING = frozenset(
    {"lightning.LightningModule", "lightning.pytorch.LightningModule", "pytorch_lightning.LightningModule"}
)
_DATASETS = frozenset(
    {
        "torch.utils.data.Dataset",
        "torch.utils.data.dataset.Dataset",
        "torch.utils.data.IterableDataset",
        "torch.utils.data.dataset.IterableDataset",
    }
)
PARAMETERS = frozenset({"torch.nn.Parameter", "torch.nn.parameter.Parameter"})
_NO_MODULES = re.compile(r"torch\.nn\.(?:parameter\.)?(?:Parameter|Buffer)$")
# Of these an argument decides whether they have parameters.
_NORMS = frozenset(
    layer for layer in ops.that(kind="layer", weights=True) if layer.endswith(("Norm", "Norm1d", "Norm2d", "Norm3d"))
)
_WEIGHTED = ops.that(kind="layer", weights=True) - _NORMS
_AFFINE = ("affine", "elementwise_affine")
_MAX_DEPTH = 4


def is_module_class(frame: Frame, cls: ClassModel) -> bool:
    """Whether a class certainly derives from `torch.nn.Module`."""
    return any(isinstance(base, External) and is_module_base(base.qualname) for base in classes.lineage(frame, cls))


def is_module_base(qualname: str) -> bool:
    """Whether a class of this name makes modules of what derives from it."""
    if _NO_MODULES.match(qualname):
        return False
    return qualname in _LIGHTNING or _LAYER.match(qualname) is not None


def has_plain_base(frame: Frame, cls: ClassModel) -> bool:
    """Whether all bases are known and `torch.nn.Module` is the only one from outside the project."""
    lineage = list(classes.lineage(frame, cls))
    outside = {base.qualname for base in lineage if isinstance(base, External)} - {"builtins.object"}
    return None not in lineage and bool(outside) and outside <= _PLAIN


def is_dataset_class(frame: Frame, cls: ClassModel) -> bool:
    """Whether a class certainly derives from `torch.utils.data.Dataset`."""
    return classes.is_subclass(frame, cls, _DATASETS) is True


def is_module(frame: Frame, value: Value) -> bool:
    """Whether a value is certainly a module, on every path."""
    if isinstance(value, Choice):
        return all(is_module(frame, member) for member in value.members)
    if isinstance(value, Call):
        return library_models.is_model(value.qualname) or library_models.is_of_transformers(value.qualname)
    return isinstance(value, Layer) or (isinstance(value, Instance) and is_module_class(frame, value.cls))


def is_parameter(value: Value) -> bool:
    """Whether a value is a newly made `nn.Parameter`."""
    return isinstance(value, Call) and value.qualname in PARAMETERS


def has_parameters(frame: Frame, value: Value, depth: int = _MAX_DEPTH) -> bool:
    """Whether a value is certainly a module with parameters of its own, on every path."""
    if depth == 0:
        return False
    return all(_has_parameters(frame, member, depth) for member in members(value))


def _has_parameters(frame: Frame, value: Value, depth: int) -> bool:
    if isinstance(value, Layer):
        if value.name in _NORMS:
            return value.complete and all(value.args.get(name) is None for name in _AFFINE)
        if value.name in _WEIGHTED:
            return True
        if value.name.startswith("InstanceNorm"):
            affine = value.args.get("affine")
            return affine is not None and getattr(affine, "value", None) is True
        return any(has_parameters(frame, child, depth - 1) for child in value.children) or _listed(frame, value, depth)
    if not isinstance(value, Instance) or not is_module_class(frame, value.cls):
        return False
    init = classes.find_method(frame, value.cls, "__init__")
    if init is None or init.cls is None:
        return False
    written = [name for name, writers in init.cls.writers.items() if init in writers]
    held = [classes.attribute(frame, value, name) for name in written]
    return any(found is not None and _registers(frame, found, depth) for found in held)


def _registers(frame: Frame, value: Value, depth: int) -> bool:
    return is_parameter(value) or has_parameters(frame, value, depth - 1)


def _listed(frame: Frame, layer: Layer, depth: int) -> bool:
    """A `ModuleList` of a comprehension: what each turn makes has parameters."""
    made_in = frame_of(layer)
    if not isinstance(layer.node, ast.Call) or made_in is None:
        return False
    for arg in layer.node.args:
        inner = arg.value if isinstance(arg, ast.Starred) else arg
        if isinstance(inner, ast.ListComp | ast.GeneratorExp):
            made = made_in.values.get(inner.elt)
            if made is not None and has_parameters(made_in, made, depth - 1):
                return True
    return False


def init_takes_nothing(frame: Frame, init: FunctionModel) -> bool:
    """Whether the `__init__` that comes next in the lineage can be called without arguments."""
    if init.cls is None:
        return False
    base = classes.find_method(frame, init.cls, "__init__", skip_own=True)
    if base is not None:
        args = base.node.args
        required = len(args.posonlyargs) + len(args.args) - len(args.defaults)
        return required <= 1 and None not in args.kw_defaults
    return has_plain_base(frame, init.cls)


def sets_attributes(init: FunctionModel) -> bool:
    """Whether a method assigns to attributes of its instance."""
    return any(
        isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_own(node, init)
        for node in trees.walk(init.node)
    )


def is_own(node: ast.expr, init: FunctionModel) -> bool:
    """Whether an expression is an attribute of the instance whose method this is."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == init.self_name
