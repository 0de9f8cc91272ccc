# TLT103
# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.Identity()

    def forward(self, x):
        x = self.fc(x)
        return x


def step(x, y):
    return F.nll_loss(Net()(x), y)


# %%
def step(x, w, y):
    logits = F.linear(x, w)
    return F.nll_loss(logits, y)


# %%
head = nn.Linear(4, 3)
criterion = nn.NLLLoss()


def step(x, y):
    return criterion(head(x), y)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.Linear(3, 3, bias=False)

    def forward(self, x):
        x = self.fc(x)
        return self.act(x)


def step(x, y):
    m = nn.DataParallel(Net())
    return F.nll_loss(m(x), y)


# %%
def step(x, y):
    conv = nn.Conv2d(3, 5, 1)
    return nn.NLLLoss(ignore_index=255)(conv(x), y)
