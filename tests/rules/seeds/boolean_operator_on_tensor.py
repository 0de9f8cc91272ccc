# TLT307
# %%
def f():
    x = torch.rand(3)
    return x[(x > 0.2) and (x < 0.8)]


# %%
def f(x: torch.Tensor):
    m = torch.ones(3, dtype=torch.bool)
    return not m


# %%
def f():
    x = torch.rand(3)
    return torch.where(x > 1 or x < -1, x, 0)


# %%
def f():
    x = torch.rand(3)
    while not x:
        pass


# %%
def f():
    x = torch.rand(3, 3)
    return 0 < x < 1


# %%
def f():
    x = torch.randn(5)
    y = torch.randn(5)
    keep = x > 0 and y > 0
    return x[keep]


# %%
def f():
    x = torch.randn(5)
    return x[not torch.isnan(x)]
