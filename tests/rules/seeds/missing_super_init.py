# TLT601
# %%
class N(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x)


# %%
class N(torch.nn.Module):
    def __init__(self, n):
        self.n = n
        self.fc = nn.Linear(n, n)

    def forward(self, x):
        return self.fc(x)


# %%
class N(nn.Module):
    def __init__(self):
        super().__init__
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x)


# %%
class N(nn.Module):
    def __init__(self):
        self.w = nn.Parameter(torch.zeros(2))
        self.act = nn.ReLU()

    def forward(self, x):
        return x * self.w


# %%
class B(nn.Module):
    pass


class N(B):
    def __init__(self):
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x)


# %%
class N(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(2, 2)
        super().__init__()

    def forward(self, x):
        return self.fc(x)
