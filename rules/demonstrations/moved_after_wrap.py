"""The optimiser holds parameters that nothing computes with any more."""

from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

HARM = (
    "In one step an optimiser that was made before `fully_shard` moves the weights by {mistaken[moved]}, one that was "
    "made after it by {mended[moved]}."
)


@contextmanager
def one_process():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        yield init_device_mesh("cpu", (1,))
    finally:
        dist.destroy_process_group()


def weights(model):
    return model.weight.full_tensor().detach().clone()


def mistaken():
    model = nn.Linear(4, 2)
    with one_process() as mesh:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        fully_shard(model, mesh=mesh)
        before = weights(model)
        model(torch.ones(8, 4)).sum().backward()
        optimizer.step()
        return {"moved": (weights(model) - before).norm().item()}


def mended():
    model = nn.Linear(4, 2)
    with one_process() as mesh:
        fully_shard(model, mesh=mesh)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        before = weights(model)
        model(torch.ones(8, 4)).sum().backward()
        optimizer.step()
        return {"moved": (weights(model) - before).norm().item()}


def is_harm(mistaken, mended):
    return mistaken["moved"] == 0 and mended["moved"] > 0.1
