"""The transform of the validation part takes that of the training part away."""

import copy

from torch.utils.data import Dataset, random_split

HARM = (
    "Of 8 training samples {mistaken[augmented]} are augmented instead of {mended[augmented]}, once the validation "
    "part has got its transform."
)


class Numbers(Dataset):
    def __init__(self, transform):
        self.transform = transform

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return self.transform(index)


def mistaken():
    dataset = Numbers(transform=lambda number: ("augmented", number))
    train, val = random_split(dataset, [8, 2])
    val.dataset.transform = lambda number: ("plain", number)
    return {"augmented": sum(kind == "augmented" for kind, _ in train)}


def mended():
    dataset = Numbers(transform=lambda number: ("augmented", number))
    train, val = random_split(dataset, [8, 2])
    val.dataset = copy.copy(dataset)
    val.dataset.transform = lambda number: ("plain", number)
    return {"augmented": sum(kind == "augmented" for kind, _ in train)}


def is_harm(mistaken, mended):
    return mistaken["augmented"] == 0 and mended["augmented"] == 8
