# %% logits and cross entropy
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.Identity()

    def forward(self, x):
        x = self.fc(x)
        return x


def step(x, y):
    return F.cross_entropy(Net()(x), y)


# %% attention
def f(q, k, v):
    w = F.softmax(q @ k.transpose(-2, -1), dim=-1)
    return w @ v


# %% inference
def predict(net, x):
    with torch.no_grad():
        return F.softmax(net(x), dim=1)


# %% indices of a split
def f(g):
    return torch.nonzero(g.ndata["train_mask"], as_tuple=False).squeeze()


# %% soft targets
def f(x, z):
    return F.cross_entropy(x, F.softmax(z, 1))


# %% scalar losses
def f(x, y, net):
    loss = F.mse_loss(net(x), y)
    loss.backward()
    return loss.item()


# %% layers
class N(nn.Module):
    def __init__(self):
        super().__init__()
        self.ls = nn.ModuleList([nn.Linear(2, 2)])

    def forward(self, x):
        for i in range(len(self.ls)):
            x = self.ls[i](x)
        return x


# %% stable softmax
def f(x):
    m = x.max(dim=1, keepdim=True).values
    return torch.logsumexp(x - m, dim=1)


# %% shards
class D(IterableDataset):
    def __init__(self, tars):
        self.tars = tars

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        yield self.tars[info.id]


loader = DataLoader(D([1]), num_workers=4)


# %% other element
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.Identity()

    def forward(self, x):
        x = self.fc(x)
        return (F.softmax(x, 1), x)


def step(x, y):
    p, logits = Net()(x)
    return F.cross_entropy(logits, y), p


# %% own functions
def softmax(x, d):
    return x


def f(x, y):
    return F.cross_entropy(softmax(x, 1), y)


# %% unknown criterion
def f(criterion, x, y):
    return criterion(F.softmax(x, 1), y)


# %% conditional
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.Identity()

    def forward(self, x):
        x = self.fc(x)
        return x if self.training else F.softmax(x, 1)


def step(x, y):
    return F.cross_entropy(Net()(x), y)


# %% log_softmax with nll_loss, which is only offered as one call
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return F.log_softmax(self.fc(x), dim=1)


def step(x, y):
    return F.nll_loss(Net()(x), y)
