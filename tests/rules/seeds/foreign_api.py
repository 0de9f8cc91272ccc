# TLT810
# %%
def f(x):
    return torch.reduce_max(x)


# %%
def f(x):
    return th.reduce_max(x, 1)


# %%
from torch import reduce_max


def f(x):
    return reduce_max(x)


# %%
def f(x):
    return torch.expand_dims(x, 0)


# %%
def f(x):
    return torch.reduce_sum(x, axis=1)


# %%
def f(x):
    return torch.reduce_mean(torch.rand(3))
