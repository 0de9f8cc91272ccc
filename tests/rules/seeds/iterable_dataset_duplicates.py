# TLT506
# %%
class D(IterableDataset):
    def __init__(self, p):
        self.p = p

    def __iter__(self):
        for q in self.p:
            yield q


loader = DataLoader(D([1]), num_workers=4)


# %%
class D(data.IterableDataset):
    def __init__(self, p):
        self.p = p

    def __iter__(self):
        return iter(self.p)


def main():
    d = D([1])
    return data.DataLoader(d, batch_size=2, num_workers=2)


# %%
class D(torch.utils.data.IterableDataset):
    def __iter__(self):
        yield from range(3)


def main():
    return torch.utils.data.DataLoader(dataset=D(), num_workers=8)


# %%
class D(IterableDataset):
    def __init__(self, p):
        self.p = p

    def __iter__(self):
        for q in open(self.p):
            yield q


def main(args):
    kw = {"num_workers": 4, "batch_size": 2}
    return DataLoader(D("x"), **kw)


# %%
class B(IterableDataset):
    def __iter__(self):
        yield from range(9)


class D(B):
    pass


loader = DataLoader(D(), num_workers=3, batch_size=None)
