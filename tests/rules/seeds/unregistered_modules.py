# TLT602
# %%
class N(nn.Module):
    def __init__(self):
        super().__init__()
        self.fcs = [nn.Linear(2, 2), nn.Linear(2, 2)]

    def forward(self, x):
        return self.fcs[0](x)


# %%
class N(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fcs = [nn.Linear(2, 2) for _ in range(n)]

    def forward(self, x):
        for f in self.fcs:
            x = f(x)
        return x


# %%
class N(nn.Module):
    def __init__(self):
        super(N, self).__init__()
        self.heads = {"a": nn.Linear(2, 2)}

    def forward(self, x):
        return self.heads["a"](x)


# %%
class N(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        for i in range(3):
            layers.append(nn.Linear(2, 2))
        self.layers = layers

    def forward(self, x):
        for l in self.layers:
            x = l(x)
        return x


# %%
class N(nn.Module):
    def __init__(self):
        super().__init__()
        self.fcs = [nn.Linear(2, 2)] + [nn.Linear(2, 2) for _ in range(3)]

    def forward(self, x):
        for f in self.fcs:
            x = f(x)
        return x


# %%
class N(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = {k: nn.Linear(2, 2) for k in "ab"}

    def forward(self, x):
        return self.heads["a"](x)


# %%
class N(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = {}
        for k in "ab":
            self.heads[k] = nn.Linear(2, 2)

    def forward(self, x):
        return self.heads["a"](x)


# %%
class N(nn.Module):
    def __init__(self):
        super().__init__()
        self.fcs = list()
        self.fcs += [nn.Linear(2, 2)]

    def forward(self, x):
        return self.fcs[0](x)


# %%
class N(nn.Module):
    def __init__(self):
        super().__init__()
        self.fcs = list(nn.Linear(2, 2) for _ in range(3))

    def forward(self, x):
        return self.fcs[0](x)
