"""A tensor of real numbers: torch code runs on it unchanged, through `__torch_function__`.

An `Exact` says that it is a float64 tensor on the CPU. Its elements live in a numpy array of objects, so that shapes,
views, indexing and assignment mean what they mean in torch. Operations are looked up by name in a table that
`exact_math`, `exact_shape` and `exact_losses` fill; an operation that is not there raises `NoReferenceError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from torchlint.verify.reference.meaning import NoReferenceError
from torchlint.verify.reference.scalar import Real, real

Objects = Any  # numpy.ndarray[Any, numpy.dtype[numpy.object_]]
Operation = TypeVar("Operation", bound=Callable[..., Any])

OPERATIONS: dict[str, Callable[..., Any]] = {}


def operation(*names: str) -> Callable[[Operation], Operation]:
    """Register a function under the names by which torch knows it."""

    def register(function: Operation) -> Operation:
        for name in names:
            OPERATIONS[name] = function
        return function

    return register


def objects(value: Any) -> Objects:
    """`value` as an array of Reals: an Exact, a real tensor, a number or an array."""
    if isinstance(value, Exact):
        return value.array
    if isinstance(value, Real):
        return np.array(value, dtype=object)
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = value.to(torch.float64).numpy() if value.dtype != torch.int64 else value.numpy()
    array = np.asarray(value)
    if array.dtype == object:
        return array
    return to_reals(array)


def elementwise(function: Callable[..., Any], inputs: int) -> Callable[..., Objects]:
    """`function` of `inputs` Reals over arrays, with broadcasting; always an array, of any rank."""
    vectorised = np.frompyfunc(function, inputs, 1)

    def apply(*arrays: Objects) -> Objects:
        return boxed(vectorised(*arrays))

    return apply


def boxed(value: Any) -> Objects:
    """numpy unpacks arrays of rank 0; this packs them again."""
    if isinstance(value, np.ndarray):
        return value
    array = np.empty((), dtype=object)
    array[()] = value
    return array


to_reals = elementwise(lambda number: real(number.item() if hasattr(number, "item") else number), 1)


class Exact:
    """See the module. Behaves as a float64 tensor on the CPU."""

    dtype = torch.float64
    device = torch.device("cpu")
    requires_grad = True
    is_leaf = False
    layout = torch.strided
    is_cuda = False
    __array_ufunc__ = None  # numpy must leave the operators to this class

    def __init__(self, data: Objects) -> None:
        self.array = data

    @property
    def data(self) -> Any:
        return OPERATIONS["detach"](self)

    @property
    def shape(self) -> torch.Size:
        return torch.Size(self.array.shape)

    @property
    def ndim(self) -> int:
        return int(self.array.ndim)

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        return call(function, args, kwargs or {})

    def __getattr__(self, name: str) -> Any:
        if name in ("T", "mT", "mH", "H"):
            return OPERATIONS[name](self)
        found = OPERATIONS.get(name)
        if found is not None:
            return lambda *args, **kwargs: found(self, *args, **kwargs)
        if name.endswith("_") and name[:-1] in OPERATIONS:
            return lambda *args, **kwargs: self.store(OPERATIONS[name[:-1]](self, *args, **kwargs))
        raise NoReferenceError(f"no multi-precision `{name}`")

    def store(self, value: Any) -> Exact:
        """Change in place, also what shares memory with this tensor."""
        self[...] = value
        return self

    def __len__(self) -> int:
        if not self.array.shape:
            raise TypeError("len() of a 0-d tensor")
        return int(self.array.shape[0])

    def __iter__(self) -> Iterator[Exact]:
        if not self.array.shape:
            raise TypeError("iteration over a 0-d tensor")
        return (Exact(boxed(self.array[row])) for row in range(len(self)))

    def __getitem__(self, index: Any) -> Exact:
        return Exact(boxed(self.array[numpy_index(index)]))

    def __setitem__(self, index: Any, value: Any) -> None:
        array = objects(value)
        # numpy would store an array of rank 0 as an object.
        self.array[numpy_index(index)] = array if array.ndim else array.item()

    def __bool__(self) -> bool:
        return bool(self.array.item() != 0)

    def __float__(self) -> float:
        return float(self.array.item())

    __hash__ = object.__hash__


def numpy_index(index: Any) -> Any:
    """A torch index as numpy takes it."""
    if isinstance(index, tuple):
        return tuple(numpy_index(part) for part in index)
    if isinstance(index, torch.Tensor):
        return index.numpy()
    if isinstance(index, Exact):
        raise NoReferenceError("an index that is not an integer")
    return index


def _operator(name: str, swapped: bool = False) -> Callable[..., Any]:
    def apply(self: Exact, *others: Any) -> Any:
        found = OPERATIONS[name]
        return found(others[0], self) if swapped else found(self, *others)

    return apply


for _symbol, _name in {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "truediv": "div",
    "pow": "pow",
    "matmul": "matmul",
}.items():
    setattr(Exact, f"__{_symbol}__", _operator(_name))
    setattr(Exact, f"__r{_symbol}__", _operator(_name, swapped=True))
for _symbol, _name in {"iadd": "add", "isub": "sub", "imul": "mul", "itruediv": "div", "ipow": "pow"}.items():
    setattr(Exact, f"__{_symbol}__", lambda self, other, name=_name: self.store(OPERATIONS[name](self, other)))
for _symbol in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Exact, f"__{_symbol}__", _operator(_symbol))
for _symbol in ("neg", "abs"):
    setattr(Exact, f"__{_symbol}__", _operator(_symbol))


def _has_exact(value: Any) -> bool:
    if isinstance(value, Exact):
        return True
    if isinstance(value, list | tuple):
        return any(_has_exact(part) for part in value)
    return isinstance(value, dict) and any(_has_exact(part) for part in value.values())


_REFLECTED = {"__radd__": "add", "__rsub__": "rsub", "__rmul__": "mul", "__rtruediv__": "rdiv", "__rpow__": "rpow"}


def _short_name(function: Any) -> str:
    name = str(getattr(function, "__name__", function))
    if name in _REFLECTED:
        return _REFLECTED[name]
    return name.strip("_") if name.startswith("__") else name


def call(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A torch function of Exact arguments. Raises `NoReferenceError` where there is no such operation."""
    name = _short_name(function)
    kwargs = {key: value for key, value in kwargs.items() if key != "out" or value is not None}
    if name == "setitem":
        return _set_item(*args)
    if name == "getitem":
        return Exact(boxed(objects(args[0])[numpy_index(args[1])]))
    found = OPERATIONS.get(name) or OPERATIONS.get(name.removeprefix("linalg_").removeprefix("special_"))
    if found is None:
        raise NoReferenceError(f"no multi-precision `{name}`")
    return found(*args, **kwargs)


def _set_item(target: Any, index: Any, value: Any) -> None:
    if not isinstance(target, Exact):
        raise NoReferenceError("a store into a tensor that was made elsewhere")
    target[index] = value


_FACTORIES = {"zeros": 0, "ones": 1, "empty": 0}


class ExactMode(TorchFunctionMode):
    """Inside, torch's factories of floating-point tensors make Exact ones."""

    def __torch_function__(
        self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = str(getattr(function, "__name__", ""))
        if name in _FACTORIES and (kwargs.get("dtype") or torch.float64).is_floating_point:
            return Exact(_filled(args, kwargs, _FACTORIES[name]))
        if _has_exact(list(args)) or _has_exact(dict(kwargs)):
            return call(function, args, kwargs)
        return function(*args, **kwargs)


def _filled(args: Sequence[Any], kwargs: Mapping[str, Any], value: int) -> Objects:
    sizes = args if args else (kwargs["size"],)
    if len(sizes) == 1 and isinstance(sizes[0], list | tuple):
        sizes = sizes[0]
    array = np.empty(tuple(int(size) for size in sizes), dtype=object)
    array[...] = real(value)
    return array


def booleans(array: Objects) -> torch.Tensor:
    """A boolean tensor from an array of Python booleans."""
    return torch.from_numpy(np.array(array, dtype=bool))


def exact(value: Any) -> Exact:
    return value if isinstance(value, Exact) else Exact(objects(value))
