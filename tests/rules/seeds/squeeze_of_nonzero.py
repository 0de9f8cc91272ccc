# TLT309
# %%
def f(mask):
    return torch.nonzero(mask).squeeze()


# %%
def f(mask):
    idx = mask.nonzero()
    return idx.squeeze()


# %%
def f(mask):
    return torch.squeeze(torch.nonzero(mask))


# %%
def f(mask):
    return (mask == 1).nonzero().squeeze()


# %%
def f(mask):
    return torch.squeeze(input=torch.nonzero(mask))


# %%
def f(mask):
    return torch.argwhere(mask).squeeze()
