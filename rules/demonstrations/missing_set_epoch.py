"""Every epoch has the order of the first."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

HARM = "In 4 epochs the samples come in {mistaken[different_orders]} order instead of {mended[different_orders]}."
DATA = TensorDataset(torch.arange(16.0).unsqueeze(1))


def mistaken():
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    sampler = DistributedSampler(DATA, num_replicas=2, rank=0)
    loader = DataLoader(DATA, batch_size=8, sampler=sampler)
    orders = set()
    for _ in range(4):
        for (x,) in loader:
            orders.add(tuple(x.flatten().tolist()))
            optimizer.zero_grad()
            F.mse_loss(model(x), x).backward()
            optimizer.step()
    return {"different_orders": len(orders)}


def mended():
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    sampler = DistributedSampler(DATA, num_replicas=2, rank=0)
    loader = DataLoader(DATA, batch_size=8, sampler=sampler)
    orders = set()
    for epoch in range(4):
        sampler.set_epoch(epoch)
        for (x,) in loader:
            orders.add(tuple(x.flatten().tolist()))
            optimizer.zero_grad()
            F.mse_loss(model(x), x).backward()
            optimizer.step()
    return {"different_orders": len(orders)}


def is_harm(mistaken, mended):
    return mistaken["different_orders"] == 1 and mended["different_orders"] == 4
