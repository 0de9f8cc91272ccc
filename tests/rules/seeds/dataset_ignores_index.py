# TLT507
# %%
class D(Dataset):
    def __init__(self, p):
        self.paths = p

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return random.choice(self.paths)


# %%
class D(data.Dataset):
    def __init__(self, p):
        self.p = p

    def __len__(self):
        return len(self.p)

    def __getitem__(self, idx):
        return self.p[0]


# %%
class D(torch.utils.data.Dataset):
    def __init__(self, p):
        self.p = p

    def __len__(self):
        return len(self.p)

    def __getitem__(self, i):
        return self.p[torch.randint(len(self.p), (1,)).item()]


# %%
class D(Dataset):
    def __init__(self, p):
        self.p = p

    def __len__(self):
        return len(self.p)

    def __getitem__(self, idx):
        a, b = random.sample(self.p, 2)
        return a, b


# %%
class D(Dataset):
    def __init__(self, p):
        self.p = p

    def __len__(self):
        return len(self.p)

    def __getitem__(self, idx):
        idx = random.randrange(len(self.p))
        return self.p[idx]
