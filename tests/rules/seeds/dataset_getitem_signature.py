# TLT502
# %%
class D(Dataset):
    def __len__(self):
        return 3

    def __getitem__(self):
        return 1


# %%
class D(data.Dataset):
    def __len__(self):
        return 3

    def __getitem__(self, i, j):
        return i + j


# %%
class D(torch.utils.data.Dataset):
    def __len__(self, n):
        return n

    def __getitem__(self, i):
        return i


# %%
class D(Dataset):
    def __len__():
        return 3

    def __getitem__(self):
        return 1


# %%
class B(Dataset):
    def __len__(self):
        return 3


class D(B):
    def __getitem__(self):
        return 1


# %%
class D(IterableDataset):
    def __iter__(self, epoch):
        yield epoch
