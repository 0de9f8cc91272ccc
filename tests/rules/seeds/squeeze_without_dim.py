# TLT304
# %%
def f(x, y):
    return F.binary_cross_entropy_with_logits(x.squeeze(), y)


# %%
def f(x, y):
    p = torch.squeeze(x)
    return nn.BCEWithLogitsLoss()(p, y.float())


# %%
def f(x, y):
    return F.cross_entropy(x, y.squeeze())


# %%
def f(x):
    rows = F.relu(x).squeeze()
    return rows.softmax(dim=1)


# %%
class Net(nn.Module):
    def forward(self, x):
        return torch.exp(x).squeeze().unsqueeze(1)
