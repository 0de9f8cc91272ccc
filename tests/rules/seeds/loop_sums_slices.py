# TLT401
# %%
x = torch.rand(500, 10)
z = torch.zeros(10)
for i in range(500):
    z += x[i]


# %%
def f():
    x = torch.rand(500, 10)
    z = torch.zeros(10)
    for i in range(x.size(0)):
        z = z + x[i]
    return z


# %%
def f(x: torch.Tensor):
    total = 0
    for i in range(len(x)):
        total += x[i]
    return total


# %%
def f(x: torch.Tensor):
    z = torch.zeros_like(x[0])
    for i in range(0, len(x)):
        z += x[i]
    return z


# %%
def f():
    x = torch.randn(100, 5)
    z = 0.0
    for i in range(x.shape[0]):
        z = x[i] + z
    return z


# %%
def f():
    x = torch.randn(100, 5)
    z = torch.zeros(5)
    for i in range(100):
        z.add_(x[i])
    return z


# %%
def f():
    x = torch.randn(100, 5)
    z = torch.zeros(5)
    for i in range(100):
        z = torch.add(z, x[i, :])
    return z
