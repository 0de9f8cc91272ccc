"""Writes `torchlint/data/signatures.json`: parameter names of torch's callables, and which of them are one operation.

Run it with the torch to record: `python -m tools.make_signatures`. The output is a function of that version alone
(a CPU build's: others describe a few callables of `torch.cuda` better).

Signatures come from, in the order in which they are believed:

1. `BY_HAND`, for callables whose own description is `(*args, **kwargs)` or wrong.
2. `inspect.signature` for what is written in Python, and `typing.get_overloads` for its overloads.
3. torch's stubs (`torch/_C/*.pyi`), generated from the definitions that its argument parser is generated from.
4. operator schemas, for `torch.linalg`, `torch.special` and `torch.fft`, which have no stubs.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import pathlib
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from tools.signature_names import names
from tools.signature_sources import Overload, complete, entry, from_python, from_schemas, from_text, read_stub, render

Stubs = dict[str, list[Overload]]

OUTPUT = pathlib.Path(__file__).parents[1] / "torchlint" / "data" / "signatures.json"

FUNCTION_SPACES = ("torch", "torch.Tensor", "torch.nn.functional", "torch.special", "torch.linalg", "torch.fft")
OTHER_SPACES = (
    *("torch.nn", "torch.nn.init", "torch.nn.utils", "torch.nn.utils.rnn", "torch.nn.utils.parametrizations"),
    *("torch.nn.parallel", "torch.nn.attention", "torch.optim", "torch.optim.lr_scheduler", "torch.optim.swa_utils"),
    *("torch.utils.data", "torch.utils.checkpoint", "torch.autograd", "torch.autograd.functional", "torch.amp"),
    *("torch.cuda", "torch.cuda.amp", "torch.mps", "torch.func", "torch.random", "torch.sparse", "torch.jit"),
)
METHOD_SPACES = (
    "torch.nn.Module",
    "torch.optim.Optimizer",
    "torch.optim.lr_scheduler.LRScheduler",
    "torch.amp.GradScaler",
)

BY_HAND = {
    "torch.einsum": ["equation: str, *operands: tensors"],
    "torch.meshgrid": ["*tensors: tensors, indexing=None"],
    "torch.atleast_1d": ["*tensors: tensors"],
    "torch.atleast_2d": ["*tensors: tensors"],
    "torch.atleast_3d": ["*tensors: tensors"],
    "torch.device": ["type: str | int, index: int = None"],
    "torch.Tensor.requires_grad_": ["requires_grad: bool = True"],
    "torch.nn.functional.one_hot": ["input: Tensor, num_classes: int = -1"],
    "torch.finfo": ["type: dtype = None"],
    "torch.iinfo": ["type: dtype"],
    "torch.nn.Module.to": [
        "dtype: dtype, non_blocking: bool = False",
        "device: device = None, dtype: dtype = None, non_blocking: bool = False, *, memory_format = None",
        "tensor: Tensor, non_blocking: bool = False",
    ],
    "torch.Generator": ["device: device = 'cpu'"],
    "torch.tensor": [
        "data, *, dtype: dtype = None, device: device = None, requires_grad: bool = False, pin_memory: bool = False"
    ],
}

TORCH_CLASSES = {
    "no_grad",
    "enable_grad",
    "set_grad_enabled",
    "inference_mode",
    "autocast",
    "GradScaler",
    "device",
    "Generator",
    "Size",
    "finfo",
    "iinfo",
}
SCHEMA_PREFIXES = ("linalg_", "special_", "fft_")

# Internal entry points that are public only by the lack of an underscore.
INTERNAL = re.compile(
    r"(cudnn|miopen|mkldnn|fbgemm|quantized|fused|native|parse|merge_type|unify|import_ir|profiler)_.*"
    r"|(?!index|narrow).*_copy|.*Storage|Sym\w+|dtype|layout|memory_format|qscheme|classproperty|typename|(prepare|get_file)_.*"
)


def collect() -> tuple[dict[str, list[Overload]], dict[str, Any]]:
    """Overloads by qualified name, and the objects that the names stand for."""
    entries: dict[str, list[Overload]] = {}
    things: dict[str, Any] = {}
    for name, thing, sources in candidates():
        if overloads := entry(describe(name, thing, sources)):
            entries[name] = overloads
            things[name] = thing
    return entries, things


def candidates() -> Iterator[tuple[str, Any, Stubs]]:
    """Every callable to describe, and the stubs that may know it."""
    functions = read_stub("_VariableFunctions.pyi")
    internals = read_stub("__init__.pyi")
    networks = read_stub("_nn.pyi")
    stubs: dict[str, Stubs] = {
        "torch": internals | functions,
        "torch.Tensor": read_stub("__init__.pyi", "TensorBase"),
        "torch.nn.functional": functions | networks,
    }
    for space in (*FUNCTION_SPACES, *METHOD_SPACES, *OTHER_SPACES):
        owner = resolve(space)
        for name, thing in public(owner):
            if belongs(space, name, thing, owner):
                yield f"{space}.{name}", thing, stubs.get(space, {})


def resolve(name: str) -> Any:
    """A module, or a class of one, by its qualified name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        owner, _, last = name.rpartition(".")
        return getattr(resolve(owner), last)


def public(space: Any) -> Iterator[tuple[str, Any]]:
    for name in sorted(dir(space)):
        if name.startswith("_") or INTERNAL.fullmatch(name):
            continue
        thing = getattr(space, name, None)
        if callable(thing):
            yield name, thing


def belongs(space: str, name: str, thing: Any, owner: Any) -> bool:
    """Whether a callable found in a namespace is part of it and not merely imported there."""
    if space == "torch":
        return name in TORCH_CLASSES or not inspect.isclass(thing)
    if inspect.isclass(owner):
        return not inspect.isclass(thing)
    if f"{space}.{name}" in BY_HAND or name in getattr(owner, "__all__", ()):
        return True
    module = getattr(thing, "__module__", None) or ""
    if inspect.isfunction(thing) or inspect.isclass(thing):
        return module.startswith(space)
    return space in FUNCTION_SPACES and not name.startswith("has_torch_function")


def describe(name: str, thing: Any, stubs: Stubs) -> list[Overload]:
    """The overloads of a callable, from the first source that knows it."""
    if name in BY_HAND:
        return [from_text(text) for text in BY_HAND[name]]
    space, _, _ = name.rpartition(".")
    if inspect.isclass(thing) or inspect.isfunction(thing):
        return from_python(thing, method=inspect.isclass(resolve(space)))
    own = getattr(thing, "__name__", "")
    if own.startswith(SCHEMA_PREFIXES):
        return from_schemas(own)
    return complete(stubs.get(own, []), own)


def write(entries: dict[str, list[Overload]], things: dict[str, Any]) -> str:
    """The table as JSON, an entry a line, sorted."""
    canonical, renames = names(entries, things)
    parts = {
        "torch": json.dumps(torch.__version__.partition("+")[0]),
        "homes": lines(homes(things)),
        "canonical": lines(canonical),
        "renames": lines(renames),
        "signatures": lines({name: [render(one) for one in overloads] for name, overloads in entries.items()}),
    }
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {text}" for key, text in parts.items()) + "\n}\n"


def homes(things: Mapping[str, Any]) -> dict[str, str]:
    """The public module for each module that has public callables under the same names: code that is older than the
    public module imports `torch.utils.data.dataloader.DataLoader`."""
    spaces: dict[str, dict[str, Any]] = {}
    for name, thing in things.items():
        space, _, last = name.rpartition(".")
        spaces.setdefault(space, {})[last] = thing
    found = {}
    for space in (*OTHER_SPACES, *FUNCTION_SPACES[2:]):
        inner = [module for module in sorted(sys.modules) if module.startswith(f"{space}.") and "._" not in module]
        found.update({module: space for module in inner if module not in spaces and is_home(module, spaces[space])})
    return found


def is_home(module: str, things: Mapping[str, Any]) -> bool:
    """Whether some of these things are defined in a module, and it has nothing else under their names."""
    own = vars(sys.modules[module])
    defined = (thing for name, thing in things.items() if name in own)
    return any(str(getattr(thing, "__module__", "")).startswith(module) for thing in defined) and all(
        own.get(name, thing) is thing for name, thing in things.items()
    )


def lines(table: Mapping[str, Any]) -> str:
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(table[name])}" for name in sorted(table)) + "\n}"


def main() -> None:
    parser = argparse.ArgumentParser(description="write the table of torch's signatures")
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT)
    output: pathlib.Path = parser.parse_args().output
    output.write_text(write(*collect()), encoding="utf-8")


if __name__ == "__main__":
    main()
