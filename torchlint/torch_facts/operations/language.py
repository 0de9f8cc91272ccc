"""What is neither a function nor a method: attributes of tensors, operators of Python's, contexts, initialisers."""

from __future__ import annotations

from torchlint.torch_facts.rows import family

attribute = family(kind="attribute", gives="other")
# Attributes that are tensors.
part = family(kind="attribute", view=True)
python = family(kind="python", gives="other")
context = family(kind="context", gives="none", pure=False)
# `torch.nn.init`: they write the tensor that they are given, and return it.
initialiser = family(kind="initialiser", writes="tensor", view=True, shape="same")
drawn = family(kind="initialiser", writes="tensor", view=True, shape="same", random=True, raises="int bool")
# What reads or changes the state of the process, or files.
state = family(kind="state", gives="none", pure=False)

ROWS = (
    attribute("shape", gives="size"),
    attribute("dtype"),
    attribute("ndim", gives="number"),
    attribute("requires_grad", gives="bool"),
    attribute("is_cuda", gives="bool"),
    attribute("is_leaf", gives="bool"),
    attribute("grad_fn"),
    attribute("layout"),
    attribute("itemsize", gives="number"),
    attribute("nbytes", gives="number"),
    part("T", shape="swapped", elements="moved"),
    part("mT", shape="swapped", elements="moved"),
    part("H", shape="swapped"),
    part("mH", shape="swapped"),
    part("data", shape="same", elements="same", grad=False),
    part("grad", shape="same", grad=False, view=False),
    python("getitem", gives="tensor", shape="indexed", elements="some", view="sometimes", arguments="index:labels"),
    python("slice"),
    python("is", gives="bool"),
    python("is_not", gives="bool"),
    python("in", gives="bool"),
    python("not_in", gives="bool"),
    python("not", gives="bool"),
    context("no_grad", grad=False, takes=""),
    context("inference_mode", grad=False, takes=""),
    context("enable_grad", takes=""),
    context("set_grad_enabled", takes="mode"),
    context("autocast", takes="device_type"),
    state("manual_seed", gives="other"),
    state("seed", gives="number"),
    state("initial_seed", gives="number"),
    state("set_default_dtype"),
    state("set_default_device"),
    state("set_printoptions"),
    state("get_default_dtype", gives="other"),
    state("is_grad_enabled", gives="bool"),
    state("device", gives="other", pure=True),
    state("Size", gives="size", pure=True),
    state("save"),
    state("load", gives="other"),
    state("compile", gives="other"),
    initialiser("nn.init.constant_"),
    initialiser("nn.init.dirac_"),
    initialiser("nn.init.eye_"),
    initialiser("nn.init.ones_"),
    initialiser("nn.init.zeros_"),
    drawn("nn.init.kaiming_normal_"),
    drawn("nn.init.kaiming_uniform_"),
    drawn("nn.init.normal_"),
    drawn("nn.init.orthogonal_", raises="int bool complex"),
    drawn("nn.init.sparse_"),
    drawn("nn.init.trunc_normal_", raises="int bool complex"),
    drawn("nn.init.uniform_"),
    drawn("nn.init.xavier_normal_"),
    drawn("nn.init.xavier_uniform_"),
    initialiser("nn.init.constant", deprecated="nn.init.constant_"),
    initialiser("nn.init.dirac", deprecated="nn.init.dirac_"),
    initialiser("nn.init.eye", deprecated="nn.init.eye_"),
    drawn("nn.init.kaiming_normal", deprecated="nn.init.kaiming_normal_"),
    drawn("nn.init.kaiming_uniform", deprecated="nn.init.kaiming_uniform_"),
    drawn("nn.init.normal", deprecated="nn.init.normal_"),
    drawn("nn.init.orthogonal", raises="int bool complex", deprecated="nn.init.orthogonal_"),
    drawn("nn.init.sparse", deprecated="nn.init.sparse_"),
    drawn("nn.init.uniform", deprecated="nn.init.uniform_"),
    drawn("nn.init.xavier_normal", deprecated="nn.init.xavier_normal_"),
    drawn("nn.init.xavier_uniform", deprecated="nn.init.xavier_uniform_"),
)
