# TLT402
# %%
def f(x: torch.Tensor, h):
    for i in range(x.size(0)):
        h = g(x[i], h)
    return h


# %%
def f(h):
    x = torch.rand(500, 10)
    for i in range(len(x)):
        h = g(h, x[i] * i)
    return h


# %%
def f(h):
    x = torch.rand(5, 10)
    for t in range(x.shape[1]):
        h = g(h, x[:, t])
    return h
