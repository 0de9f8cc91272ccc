# TLT503
# %%
class D(Dataset):
    def __init__(path, pattern):
        self.paths = [path]

    def __len__(self):
        return 1

    def __getitem__(self, i):
        return self.paths[i]


# %%
class D(torch.utils.data.Dataset):
    def __init__(root):
        self.root = root

    def __len__(self):
        return 1

    def __getitem__(self, i):
        return self.root


# %%
class D(data.Dataset):
    def __init__(self):
        self.n = 3

    def __len__():
        return self.n

    def __getitem__(self, i):
        return i


# %%
class D(Dataset):
    def __init__(root, transform=None):
        super().__init__()
        self.root = root

    def __len__(self):
        return 1

    def __getitem__(self, i):
        return self.root


# %%
class D(Dataset):
    def __init__(self):
        self.n = 3

    def __len__(self):
        return 3

    def __getitem__(idx):
        return self.n + idx


# %%
class N(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(x):
        return self.fc(x)
