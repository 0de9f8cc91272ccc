# TLT201
# %%
def softmax(x):
    return torch.exp(x) / torch.sum(torch.exp(x))


# %%
def softmax(x):
    e = torch.exp(x)
    return e / torch.sum(e)


# %%
def softmax(x):
    return x.exp() / x.exp().sum(dim=1, keepdim=True)


# %%
def softmax(x):
    num = th.exp(x)
    den = num.sum(-1, keepdim=True)
    return num / den


# %%
def softmax(x):
    return torch.div(torch.exp(x), torch.exp(x).sum(dim=1, keepdim=True))


# %%
def softmax(x):
    e = x.exp()
    return e / e.sum(1)[:, None]


# %%
def softmax(x):
    e = torch.exp(x)
    e /= e.sum(1, keepdim=True)
    return e


# %%
def softmax(x):
    e = torch.exp(x)
    return e / torch.sum(e, dim=1).unsqueeze(1)
