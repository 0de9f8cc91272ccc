# TLT802
# %%
@torch.jit.script
def f(x):
    return x + 1


# %%
net = torch.jit.script(nn.Linear(2, 2))


# %%
def f(net):
    return th.jit.script(net)
