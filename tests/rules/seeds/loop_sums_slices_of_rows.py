# TLT401
# %%
x = torch.rand(500, 10)
z = torch.zeros(10)
for row in torch.unbind(x):
    z += row


# %%
def f(x: torch.Tensor):
    z = 0
    for row in x.unbind(0):
        z = z + row
    return z


# %%
def f(x: torch.Tensor):
    z = 0
    for row in x:
        z += row
    return z


# %%
def f(x: torch.Tensor):
    z = 0
    for i, row in enumerate(x):
        z += row
    return z


# %%
def f(x: torch.Tensor):
    z = 0
    for row in torch.unbind(x, dim=1):
        z = z + row
    return z
