# TLT501
# %%
class D(Dataset):
    def __len__(self):
        return 3

    def __item__(self, i):
        return i


# %%
class D(torch.utils.data.Dataset):
    def __len__(self):
        return 3

    def __getitem(self, i):
        return i


# %%
class D(data.Dataset):
    def __length__(self):
        return 3

    def __getitem__(self, i):
        return i


# %%
class D(Dataset):
    def __len__(self):
        return 3

    def __get_item__(self, i):
        return i


# %%
class D(Dataset):
    def __len(self):
        return 3

    def __getitem__(self, i):
        return i


# %%
class D(Dataset):
    def __len__(self):
        return 3

    def getitem(self, i):
        return i


# %%
class D(Dataset):
    def __size__(self):
        return 3

    def __getitem__(self, i):
        return i


# %%
class D(Dataset):
    def __len__(self):
        return 3

    def get_item(self, i):
        return i


# %%
class D(Dataset):
    def __len__(self):
        return 3

    def __getitem_(self, i):
        return i
