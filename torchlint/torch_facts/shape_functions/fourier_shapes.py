"""Transforms to frequencies and back, and windows."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.torch_facts.dims import ANY, Shape, Size, floor, unknown
from torchlint.torch_facts.shape_functions.refusal import Given, Refusal, dim_of, sizes_of

Handler = Callable[[Given], Shape]


def full(size: Size) -> Size:
    """As many frequencies as there are samples."""
    return size


def half(size: Size) -> Size:
    """The frequencies of real samples."""
    return floor(size, 2) + 1


def along_dim(frequencies: Callable[[Size], Size], backwards: bool = False) -> Handler:
    """A transform of one dim, of as many samples as `n` says, else of all. `backwards` makes real samples, of which
    there are two fewer than twice the frequencies, unless `n` says how many."""

    def handler(given: Given) -> Shape:
        shape = given.tensor()
        if shape.rank == 0:
            raise Refusal("it takes a tensor of one dim or more, and is given a 0-d one")
        dim = dim_of(given.get("dim", -1), shape)
        if dim is None or not shape.sizes:
            return ANY
        at = len(shape.sizes) + dim
        samples = given.size("n") if given.has("n") else shape.sizes[at]
        found = frequencies(samples)
        if backwards:
            found = samples if given.has("n") else samples * 2 - 2
        return Shape((*shape.sizes[:at], found, *shape.sizes[at + 1 :]), shape.open)

    return handler


def along_dims(frequencies: Callable[[Size], Size], dims: tuple[int, ...] | None) -> Handler:
    """A transform of several dims, all of them or the last two unless they are named. Only the last of them is halved
    where the samples are real."""

    def handler(given: Given) -> Shape:
        shape, named = given.tensor(), given.get("dim", dims)
        if shape.rank is None or (named is not None and not isinstance(named, tuple)):
            return ANY
        places = [dim_of(part, shape) for part in named] if named is not None else [*range(-shape.rank, 0)]
        sizes = list(shape.sizes)
        if None in places or not places or not sizes:
            return ANY
        if given.has("s"):
            wanted = sizes_of(given.get("s"))
            if wanted is None or (named is None and "dim" not in given.arguments and len(wanted) != len(places)):
                return ANY
            if len(wanted) != len(places):
                return ANY
            for place, size in zip(places, wanted, strict=True):
                if place is not None and size != -1:
                    sizes[place] = size
        last = places[-1]
        if last is not None:
            sizes[last] = frequencies(sizes[last])
        return Shape(tuple(sizes))

    return handler


def spectrogram(given: Given) -> Shape:
    """`stft`: (batch, frequencies, frames), with a last dim of pairs unless the result is complex."""
    shape, width = given.tensor(), given.number("n_fft")
    hop = given.number("hop_length") if given.has("hop_length") else (width // 4 if width else None)
    centred, onesided, complex_ = given.flag("center", True), given.flag("onesided", True), given.flag("return_complex")
    if shape.rank not in (1, 2) or not width or not hop or centred is None or not onesided or complex_ is None:
        return ANY
    padded = shape.sizes[-1] + (width // 2 * 2 if centred else 0)
    frames = floor(padded - width, hop) + 1
    if isinstance(frames, int) and frames <= 0:
        return ANY
    return Shape((*shape.sizes[:-1], width // 2 + 1, frames, *(() if complex_ else (2,))))


def window(given: Given) -> Shape:
    """`hann_window` and its like: a vector."""
    return Shape((given.size("window_length"),))


def frequencies_of(halved: bool) -> Handler:
    """`fftfreq` and `rfftfreq`: a vector of frequencies."""

    def handler(given: Given) -> Shape:
        count = given.size("n")
        return Shape((half(count) if halved else count,))

    return handler


def histogram(given: Given) -> Shape:
    """`histc`: a vector of counts."""
    return Shape((given.size("bins", 100) if given.has("bins") else 100,))


def counted_pairs(given: Given) -> Shape:
    """`tril_indices`: two rows of places."""
    return Shape((2, unknown()))
