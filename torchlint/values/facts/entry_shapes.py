"""The shapes of data: arrays of numpy, data sets with their transforms, and the batches that loaders make of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from torchlint.torch_facts.dims import Shape, Size, is_size, symbol, unknown
from torchlint.torch_facts.shape_functions.refusal import UNSURE, sizes_of
from torchlint.values.value import Call, Element, Field, Instance, Items, Method, Value

# What an argument may be, as far as it is one thing.
Single = Callable[[Value], object]


class Rows(NamedTuple):
    """What is taken one after another, or by an index: what each of it is, and how many there are."""

    item: object
    total: object = UNSURE


def data(call: Call, single: Single) -> object:
    """What a call gives: the shape of an array, or `Rows`; None where it makes no data."""
    if isinstance(call.callee, Method):
        return _by_method(call.callee, single)
    name = call.qualname
    if not call.known or not name:
        return None
    if name.startswith("numpy."):
        return _array(name.removeprefix("numpy."), call, single)
    if name.startswith(_VISION):
        return _pictures(name.rpartition(".")[2], call, single)
    handler = _CALLS.get(name)
    return handler(call, single) if handler is not None else None


def _by_method(method: Method, single: Single) -> object:
    """What a method leaves of the shape: those that move a tensor or change its dtype leave all of it."""
    if method.name in _KEEPING and isinstance(method.receiver, Call | Field | Element):
        return single(method.receiver)
    if method.name not in _MOVING:
        return None
    held = single(method.receiver)
    return held if isinstance(held, Shape) else None


def rows(instance: Instance, single: Single) -> object:
    """What a data set of the project gives: rows of what its `__getitem__` returns."""
    taken = instance.frame.sample(instance) if instance.frame is not None else None
    return UNSURE if taken is None else Rows(single(taken))


def item(answer: object) -> object:
    """What a loop takes."""
    if isinstance(answer, Rows):
        return answer.item
    if isinstance(answer, Shape) and answer.sizes and not answer.open:
        return Shape(answer.sizes[1:])
    if isinstance(answer, tuple) and answer and all(part == answer[0] for part in answer):
        return answer[0]
    return UNSURE


def argument(call: Call, position: int, name: str) -> Value | None:
    """An argument of a call by its name, or its place."""
    return call.keywords.get(name) or (call.args[position] if position < len(call.args) else None)


def _held(call: Call, position: int, name: str, single: Single) -> object:
    value = argument(call, position, name)
    return None if value is None else single(value)


# -- numpy --------------------------------------------------------------------------------------------------------

_KEEPING = frozenset({"astype", "copy"})
# What a loader gives is not known to be a tensor, so that these are plain calls there.
_MOVING = frozenset({"to", "cuda", "cpu"})
_SIZED = frozenset(
    {"zeros", "ones", "empty", "full", "random.random", "random.random_sample", "random.standard_normal"}
)
# These give an array of the shape of their one argument, and of its dtype where that is one of floats.
CURVES = frozenset({"sin", "cos", "tan", "tanh", "exp", "log", "log1p", "sqrt"})
_ELEMENTWISE = CURVES | {"square", "abs", "sign"}
# Those that take their size last, by the place of it.
_SIZED_LAST = {"random.normal": 2, "random.uniform": 2, "random.randint": 2, "random.choice": 1}


def _array(name: str, call: Call, single: Single) -> object:
    if name in _SIZED:
        return _of_sizes(_held(call, 0, "size" if name.startswith("random") else "shape", single))
    if name in _SIZED_LAST:
        return _of_sizes(_held(call, _SIZED_LAST[name], "size", single))
    if name in ("random.rand", "random.randn"):
        return _of_sizes(tuple(map(single, call.args)))
    if name == "linspace":
        count = argument(call, 2, "num")
        size = 50 if count is None else single(count)
        return Shape((size if is_size(size) else unknown(),))
    if name in _ELEMENTWISE and len(call.args) == 1 and not call.keywords:
        held = single(call.args[0])
        return held if isinstance(held, Shape) else None
    if name in ("array", "asarray", "ascontiguousarray") and call.args:
        held = single(call.args[0])
        return held if isinstance(held, Shape) else _nested(held)
    return None


def _of_sizes(held: object) -> Shape | None:
    sizes = sizes_of(held)
    return Shape(sizes) if sizes else None


def _nested(held: object) -> Shape | None:
    """The shape of lists of lists of numbers."""
    sizes: list[Size] = []
    while isinstance(held, tuple) and held:
        sizes.append(len(held))
        held = held[0]
    return Shape(tuple(sizes)) if sizes and isinstance(held, int | float) else None


# -- data sets and loaders ----------------------------------------------------------------------------------------

LOADERS = frozenset({"torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader"})
# What goes over its first argument as it is.
PASSING = frozenset({"builtins.iter", "tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm"})
# The arguments of a loader by which its batches may be anything.
OTHERWISE_BATCHED = frozenset({"collate_fn", "batch_sampler"})


def _of_tensors(call: Call, single: Single) -> object:
    """`TensorDataset(x, y)`: a row of each."""
    shapes = [single(value) for value in call.args]
    if not shapes or not all(isinstance(shape, Shape) and shape.sizes and not shape.open for shape in shapes):
        return None
    known = [shape for shape in shapes if isinstance(shape, Shape)]
    return Rows(tuple(Shape(shape.sizes[1:]) for shape in known), known[0].sizes[0])


def _subset(call: Call, single: Single) -> object:
    whole = _held(call, 0, "dataset", single)
    return Rows(whole.item) if isinstance(whole, Rows) else None


def _split(call: Call, single: Single) -> object:
    whole, lengths = _held(call, 0, "dataset", single), argument(call, 1, "lengths")
    if not isinstance(whole, Rows) or not isinstance(lengths, Items):
        return None
    return tuple(Rows(whole.item, single(length)) for length in lengths.items)


def _loader(call: Call, single: Single) -> object:
    """The batches of a loader. The last one may be smaller, so that their size is a symbol."""
    rows = _held(call, 0, "dataset", single)
    if not isinstance(rows, Rows) or not OTHERWISE_BATCHED.isdisjoint(call.keywords):
        return None
    written = argument(call, 1, "batch_size")
    size = 1 if written is None else single(written)
    if size is None:
        return rows
    whole = _held(call, 8, "drop_last", single) is True
    if isinstance(size, int) and isinstance(rows.total, int) and size > 0:
        whole = whole or rows.total % size == 0
    batch = size if is_size(size) and (whole or size == 1) else symbol("batch", ("batch", call))
    return Rows(_batched(rows.item, batch))


def _batched(sample: object, batch: Size) -> object:
    if isinstance(sample, Shape):
        return Shape((batch, *sample.sizes), sample.open) if not sample.open else UNSURE
    if isinstance(sample, tuple):
        return tuple(_batched(part, batch) for part in sample)
    return Shape((batch,)) if is_size(sample) else UNSURE


def _same(call: Call, single: Single) -> object:
    return single(call.args[0]) if call.args else None


def _next(call: Call, single: Single) -> object:
    """`next(iter(loader))`."""
    rows = single(call.args[0]) if call.args else None
    return rows.item if isinstance(rows, Rows) else None


_CALLS: Mapping[str, Callable[[Call, Single], object]] = {
    "torch.utils.data.TensorDataset": _of_tensors,
    "torch.utils.data.Subset": _subset,
    "torch.utils.data.random_split": _split,
    "builtins.next": _next,
    **dict.fromkeys(LOADERS, _loader),
    **dict.fromkeys(PASSING, _same),
}


# -- torchvision --------------------------------------------------------------------------------------------------

_VISION = "torchvision.datasets."
_PICTURES: Mapping[str, tuple[int, int | None]] = {
    **dict.fromkeys(("MNIST", "FashionMNIST", "KMNIST", "QMNIST", "EMNIST"), (1, 28)),
    **dict.fromkeys(("CIFAR10", "CIFAR100", "SVHN"), (3, 32)),
    "STL10": (3, 96),
    **dict.fromkeys(("ImageFolder", "ImageNet"), (3, None)),
}
_UNCHANGED = frozenset(
    {
        "Normalize",
        "RandomHorizontalFlip",
        "RandomVerticalFlip",
        "ColorJitter",
        "RandomRotation",
        "RandomAffine",
        "RandomErasing",
        "GaussianBlur",
        "AutoAugment",
        "RandAugment",
        "TrivialAugmentWide",
        "ToPILImage",
        "RandomInvert",
    }
)
_CUTTING = frozenset({"Resize", "CenterCrop", "RandomCrop", "RandomResizedCrop"})
_TRANSFORMS = ("torchvision.transforms.", "torchvision.transforms.v2.")


def is_labelled(call: Call) -> bool:
    """Whether a call makes a data set of pictures whose labels are integers, and stay so."""
    name = call.qualname
    return (
        name.startswith(_VISION) and name.removeprefix(_VISION) in _PICTURES and "target_transform" not in call.keywords
    )


def _pictures(name: str, call: Call, single: Single) -> object:
    """A data set of pictures and labels; None where what is done to the pictures is not known."""
    kind = _PICTURES.get(name)
    transform = call.keywords.get("transform")
    if kind is None or transform is None or "target_transform" in call.keywords:
        return None
    channels, edge = kind
    sizes: tuple[Size, Size, Size] = (channels, *((unknown(), unknown()) if edge is None else (edge, edge)))
    steps = _steps(transform)
    if "ToTensor" not in [_leaf(step) for step in steps]:
        return None
    for step in steps:
        changed = _transformed(step, sizes, single)
        if changed is None:
            return None
        sizes = changed
    return Rows((Shape(sizes), unknown()))


def _steps(transform: Value) -> tuple[Value, ...]:
    composed = isinstance(transform, Call) and _leaf(transform) == "Compose" and transform.args
    listed = transform.args[0] if composed and isinstance(transform, Call) else None
    return listed.items if isinstance(listed, Items) else (transform,)


def _leaf(transform: Value) -> str:
    """The name of a transform of torchvision; empty for what is another one."""
    name = transform.qualname if isinstance(transform, Call) else ""
    return name.rpartition(".")[2] if name.startswith(_TRANSFORMS) else ""


def _transformed(step: Value, sizes: tuple[Size, Size, Size], single: Single) -> tuple[Size, Size, Size] | None:
    """The sizes of a picture after a transform; None where they are not known."""
    name = _leaf(step)
    channels, height, width = sizes
    if not isinstance(step, Call) or not name:
        return None
    if name in _UNCHANGED or name == "ToTensor":
        return sizes
    if name == "Grayscale":
        count = _held(step, 0, "num_output_channels", single) if step.args or step.keywords else 1
        return (count, height, width) if is_size(count) else None
    if name not in _CUTTING:
        return None
    wanted = _held(step, 0, "size", single)
    if isinstance(wanted, tuple) and len(wanted) == 2 and all(map(is_size, wanted)):
        return channels, wanted[0], wanted[1]
    if not is_size(wanted):
        return None
    # The smaller edge gets this size, and the other one what keeps its form.
    square = name != "Resize" or height == width
    return (channels, wanted, wanted) if square else (channels, unknown(), unknown())
