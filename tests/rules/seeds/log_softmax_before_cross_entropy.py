# TLT102
# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.Identity()

    def forward(self, x):
        x = self.fc(x)
        return F.log_softmax(x, dim=1)


def step(x, y):
    return F.cross_entropy(Net()(x), y)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.LogSoftmax(dim=1)

    def forward(self, x):
        x = self.fc(x)
        return self.act(x)


class Trainer:
    def __init__(self):
        self.net = Net()
        self.loss = nn.CrossEntropyLoss()

    def step(self, x, y):
        out = self.net(x)
        return self.loss(out, y)


# %%
def step(x, y):
    logp = x.log_softmax(1)
    return CE()(logp, y)


# %%
def step(x, y):
    return F.cross_entropy(torch.log_softmax(x, 1), y, label_smoothing=0.1)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.Identity()

    def forward(self, x):
        x = self.fc(x)
        return F.log_softmax(input=x, dim=-1)


def train(model, loader, criterion):
    for x, y in loader:
        criterion(model(x), y).backward()


def main(loader):
    criterion = nn.CrossEntropyLoss().to("cuda")
    model = Net().to("cuda")
    train(model, loader, criterion)


# %%
class Head(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(4, 3), nn.LogSoftmax(dim=1))


def step(x, y):
    return nn.functional.cross_entropy(input=Head()(x), target=y)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.LogSoftmax(-1)

    def forward(self, x):
        x = self.fc(x)
        return self.act(x)


@torch.compile
def step(model, x, y):
    return CE(reduction="none")(model(x), y).mean()


def main(x, y):
    return step(Net(), x, y)
