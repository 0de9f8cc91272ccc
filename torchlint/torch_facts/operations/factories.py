"""New tensors: of a size, like another one, from data, at random."""

from __future__ import annotations

from torchlint.torch_facts.rows import family

steps = family(makes="steps", contiguous=True, shape="vector", dtype="default")
data = family(makes="data", dtype="data")
sized = family(makes="size", contiguous=True, shape="size", dtype="default")
like = family(makes="like", shape="same", grad=False)
new = family(makes="new", contiguous=True, shape="size", grad=False)
draw = family(random=True, raises="int bool complex")

ROWS = (
    steps("arange", dtype="data"),
    steps("bartlett_window"),
    steps("blackman_window"),
    steps("eye", range="unit", shape="matrix"),
    steps("hamming_window"),
    steps("hann_window"),
    steps("kaiser_window"),
    steps("linspace", shape="steps"),
    steps("logspace", shape="steps"),
    steps("randperm", dtype="int64", range="nonnegative", random=True),
    steps("range", deprecated="arange"),
    data("as_tensor", shape="data", view="sometimes", saves=""),
    data("asarray", shape="data", view="sometimes", saves=""),
    data("from_numpy", view="sometimes", pure=False),
    data("new_tensor", shape="data", grad=False, tensors_only=True),
    data("scalar_tensor", dtype="default", shape="scalar"),
    data("tensor", shape="data", contiguous=True),
    data("sparse_coo_tensor", arguments="indices:labels"),
    sized("empty", blank=True),
    sized("empty_permuted", blank=True, contiguous=False),
    sized("empty_strided", blank=True, contiguous=False),
    sized("full", dtype="data"),
    sized("normal", random=True),
    sized("ones", range="unit"),
    sized("rand", range="unit", random=True),
    sized("randint", dtype="int64", random=True),
    sized("randn", random=True),
    sized("zeros", range="unit"),
    like("empty_like", blank=True),
    like("full_like"),
    like("ones_like", range="unit"),
    like("rand_like", raises="int bool", range="unit", random=True),
    like("randint_like", raises="bool complex", random=True),
    like("randn_like", raises="int bool", random=True),
    like("zeros_like", range="unit"),
    new("new_empty", blank=True),
    new("new_empty_strided", blank=True, contiguous=False),
    new("new_full", tensors_only=True),
    new("new_ones", range="unit", tensors_only=True),
    new("new_zeros", range="unit", tensors_only=True),
    draw("bernoulli", shape="same", range="unit", in_place=True, grad="zero", saves=""),
    draw("binomial", shape="same", grad=False),
    draw("multinomial", dtype="int64", grad=False),
    draw("poisson", shape="same", range="nonnegative", grad="zero", saves=""),
)
