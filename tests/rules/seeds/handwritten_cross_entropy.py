# TLT110
# %%
def loss(logits, labels):
    return -torch.sum(labels * torch.log(torch.softmax(logits, -1)), -1).mean()


# %%
def loss(x, t):
    logp = F.log_softmax(x, dim=1)
    return -(t * logp).sum(dim=1).mean()


# %%
def loss(x, y):
    logp = x.log_softmax(1)
    return -logp[torch.arange(len(y)), y].mean()


# %%
def loss(logits, labels):
    return -(labels * F.softmax(logits, dim=1).log()).sum(1).mean()


# %%
def loss(x, t):
    return torch.mean(torch.sum(-t * F.log_softmax(x, -1), -1))


# %%
def loss(x, y):
    logp = F.log_softmax(x, 1)
    return -torch.gather(logp, 1, y.view(-1, 1)).mean()


# %%
def loss(x, y):
    logp = F.log_softmax(x, 1)
    return -logp[range(x.size(0)), y].mean()


# %%
def loss(x, t):
    return torch.sum(t * F.log_softmax(x, 1), dim=1).mean().neg()
