# TLT708
# %%
x = torch.tensor(torch.randn(3), requires_grad=True)


# %%
def f():
    y = torch.zeros(3)
    return torch.tensor(y)


# %%
def f(x: torch.Tensor):
    return th.tensor(F.relu(x), requires_grad=True)


# %%
def f(a: torch.Tensor):
    return torch.tensor(a.clone(), dtype=torch.float32)


# %%
def f(model, x):
    loss = F.mse_loss(model(x), x)
    loss = torch.tensor(loss, requires_grad=True)
    loss.backward()


# %%
def f():
    w = torch.tensor(data=torch.zeros(3), requires_grad=True)
    return w
