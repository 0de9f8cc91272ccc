# TLT105
# %%
def step(x, y):
    return F.nll_loss(F.log_softmax(x, 1), y)


# %%
def step(x, y):
    logp = x.log_softmax(dim=1)
    return F.nll_loss(logp, y, reduction="sum")


# %%
def step(x, y):
    return nn.NLLLoss()(nn.LogSoftmax(1)(x), y)
