# TLT505
# %%
class D(Dataset):
    def __init__(self, p):
        self.paths = [p]

    def __len__(self):
        return len(paths)

    def __getitem__(self, i):
        return self.paths[i]


# %%
class D(data.Dataset):
    def __init__(self, p):
        self.items = [p]

    def __len__(self):
        return 1

    def __getitem__(self, i):
        return items[i]


# %%
class D(torch.utils.data.Dataset):
    def __init__(self, p):
        self.root = p

    def __len__(self):
        return 1

    def __getitem__(self, i):
        return open(root + str(i))


# %%
class D(Dataset):
    def __init__(self, p):
        self.transform = p

    def __len__(self):
        return 1

    def __getitem__(self, i):
        x = i
        if transform:
            x = self.transform(x)
        return x


# %%
class D(Dataset):
    def __init__(self, p):
        self.df = p
        self.n = len(df)

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return self.df[i]


# %%
class D(Dataset):
    def __init__(self, p):
        self.labels = p

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return torch.tensor(labels[i])
