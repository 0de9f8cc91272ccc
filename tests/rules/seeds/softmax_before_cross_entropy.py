# TLT101
# %%
def step(x, y):
    return F.cross_entropy(F.softmax(x, dim=1), y)


# %%
criterion = nn.CrossEntropyLoss()


def step(x, y):
    p = x.softmax(-1)
    return criterion(p, y)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = Softmax(dim=1)

    def forward(self, x):
        x = self.fc(x)
        return self.act(x)


def step(x, y):
    net = Net().cuda()
    return CE()(net(x), y)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.Identity()

    def forward(self, x):
        x = self.fc(x)
        return (torch.sigmoid(x), F.softmax(x, 1))


def step(x, y):
    validity, label = Net()(x)
    return F.cross_entropy(label, y)


# %%
model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
loss = CE()


def step(x, y):
    return loss(model(x), y)


# %%
def step(x, y):
    return F.cross_entropy(target=y, input=th.softmax(x, dim=1).clone())


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.Identity()

    def forward(self, x):
        x = self.fc(x)
        return {"probs": F.softmax(x, -1), "x": x}


def step(x, y):
    out = Net()(x)
    return F.cross_entropy(out["probs"], y)


# %%
def step(head, x, y):
    p = nn.Softmax(1)(head(x))
    p = p.squeeze(1)
    loss = CE(label_smoothing=0.1)
    return loss(p, y)


# %%
def step(x, y):
    if x.dim() > 2:
        p = F.softmax(x.flatten(1), 1)
    else:
        p = x.softmax(1)
    return F.cross_entropy(p, y)
