# TLT108
# %%
def predict(logits, T):
    return F.softmax(logits / T, -1).argmax(-1)


# %%
def predict(x):
    p = torch.softmax(x, dim=1)
    return torch.argmax(p, dim=1)


# %%
def predict(x):
    _, label = nn.Softmax(dim=1)(x).max(1)
    return label


# %%
def predict(x):
    return F.softmax(x, dim=1).topk(1, dim=1).indices


# %%
def predict(model, x):
    return torch.softmax(model(x), dim=-1).max(dim=-1).indices


# %%
def predict(model, x):
    p = nn.LogSoftmax(dim=1)(model(x))
    return p.data.max(1, keepdim=True)[1]


# %%
def predict(model, x):
    p = F.softmax(model(x), dim=1)
    _, idx = torch.topk(p, 5, dim=1)
    return idx
