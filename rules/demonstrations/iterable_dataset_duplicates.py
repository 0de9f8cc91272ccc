"""Each sample comes once from each worker."""

import itertools

from torch.utils.data import DataLoader, IterableDataset, get_worker_info

HARM = (
    "An epoch over 3 samples with 2 workers delivers {mistaken[delivered]} samples instead of {mended[delivered]}, "
    "the first of them {mistaken[first_sample]} times."
)


class Lines(IterableDataset):
    def __init__(self, lines):
        self.lines = lines

    def __iter__(self):
        return iter(self.lines)


class SharedLines(IterableDataset):
    def __init__(self, lines):
        self.lines = lines

    def __iter__(self):
        info = get_worker_info()
        start, step = (info.id, info.num_workers) if info else (0, 1)
        return itertools.islice(self.lines, start, None, step)


def mistaken():
    seen = [int(x) for x in DataLoader(Lines([1, 2, 3]), num_workers=2)]
    return {"delivered": len(seen), "first_sample": seen.count(1)}


def mended():
    seen = [int(x) for x in DataLoader(SharedLines([1, 2, 3]), num_workers=2)]
    return {"delivered": len(seen), "first_sample": seen.count(1)}


def is_harm(mistaken, mended):
    return mistaken["delivered"] == 6 and mended["delivered"] == 3
