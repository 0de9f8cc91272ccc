# TLT209
# %%
def f(x: torch.Tensor, y: torch.Tensor):
    return x * y / y


# %%
def f():
    y = torch.rand(3)
    x = torch.ones(3)
    return (x * y) / y


# %%
def f(x: torch.Tensor, y: torch.Tensor):
    return torch.div(torch.mul(x, y), y)


# %%
def f(x: torch.Tensor, y: torch.Tensor):
    return x / y * y


# %%
def f(x: torch.Tensor, y: torch.Tensor):
    z = x * y
    return z / y


# %%
def f(x: torch.Tensor, y: torch.Tensor):
    return y * x / y
