# TLT711
# %%
x = torch.ones(2, requires_grad=True)
y = x * 2
y.sum().backward()
print(y.grad)


# %%
def f():
    w = torch.rand(3, requires_grad=True)
    h = torch.exp(w)
    h.sum().backward()
    return h.grad


# %%
def f():
    w = torch.rand(3, requires_grad=True).to("cuda")
    (w * w).sum().backward()
    return w.grad


# %%
x = torch.ones(2, requires_grad=True)
z = (x**2).sum()
z.backward()
print(z.grad)


# %%
def f():
    w = torch.rand(3).requires_grad_()
    h = w.sigmoid()
    h.sum().backward()
    return h.grad


# %%
def f():
    w = torch.rand(3, requires_grad=True).float().cuda()
    (w * w).sum().backward()
    return w.grad
