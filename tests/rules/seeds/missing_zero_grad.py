# TLT701
# %%
def train(loader):
    net = nn.Linear(2, 2)
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.mse_loss(net(x), y)
        loss.backward()
        opt.step()


# %%
net = nn.Linear(2, 2)
opt = torch.optim.Adam(net.parameters())
for epoch in range(9):
    loss = net(torch.rand(3, 2)).pow(2).mean()
    loss.backward()
    opt.step()


# %%
class T:
    def __init__(self, net):
        self.net = net
        self.opt = torch.optim.AdamW(net.parameters())

    def run(self, loader):
        for x in loader:
            self.net(x).sum().backward()
            self.opt.step()


# %%
def train(model, loader, args):
    opt = getattr(torch.optim, "Adam")(model.parameters(), lr=args.lr)
    for x, y in loader:
        loss = F.mse_loss(model(x), y)
        loss.backward()
        opt.step()


# %%
def train(model, loader):
    opt = torch.optim.SGD(params=model.parameters(), lr=0.1)
    it = iter(loader)
    while True:
        x, y = next(it)
        F.mse_loss(model(x), y).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        opt.step()


# %%
def make(m):
    return torch.optim.Adam(m.parameters())


def train(model, loader):
    opt = make(model)
    for i, b in enumerate(loader):
        loss = model(b).mean()
        loss.backward()
        opt.step()
        print(loss.item())
