# TLT302
# %%
a = torch.tensor([[1.0], [2.0]])
b = torch.tensor([1.0, 2.0])
c = torch.sum(a + b)


# %%
def f():
    a, b = torch.zeros(5, 1), torch.ones(5)
    return (a - b).mean()


# %%
def f(n):
    return F.mse_loss(torch.zeros(8, 1), torch.zeros(8))


# %%
def f():
    a = torch.rand(7, 1)
    b = torch.rand(7)
    return torch.mean(torch.abs(a - b))


# %%
def f():
    pred = nn.Linear(3, 1)(torch.rand(8, 3))
    return nn.MSELoss()(pred, torch.rand(8))


# %%
def f():
    pred = nn.Linear(3, 1)(torch.rand(8, 3))
    y = torch.arange(8.0)
    return ((pred - y) ** 2).sum()
