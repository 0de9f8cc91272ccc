"""Nothing hostile: without these, a suite in which no fix is safe would pass."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Variable


# == TLT102 plain
def f(x, y):
    x = F.gelu(x)
    lp = F.log_softmax(x, 1)
    return F.cross_entropy(lp, y)


# == TLT105 plain
def f(x):
    labels = torch.argmax(x, 1)
    x = F.gelu(x)
    return F.nll_loss(F.log_softmax(x, 1), labels)


# == TLT112 plain
def f(x):
    x = F.gelu(x)
    t = torch.sigmoid(x * 2)
    p = torch.sigmoid(x)
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p))


# == TLT201 plain
def f(x):
    x = F.gelu(x)
    e = torch.exp(x)
    return e / e.sum(1, keepdim=True)


# == TLT202 plain
def f(x):
    x = F.gelu(x)
    return torch.log(torch.softmax(x, 1))


# == TLT203 plain
def f(x):
    x = F.gelu(x)
    s = torch.sigmoid(x)
    return torch.log(s)


# == TLT204 plain
def f(x):
    x = F.gelu(x)
    return torch.log(torch.exp(x).sum(1))


# == TLT205 plain
def f(x):
    x = F.gelu(x)
    return torch.log(1 + torch.exp(x))


# == TLT206 plain
def f(x):
    x = F.gelu(x)
    return torch.log(1 + x)


# == TLT207 plain
def f(x):
    x = F.gelu(x)
    return torch.exp(x) - 1


# == TLT208 plain
def f(x):
    x = F.gelu(x)
    return 1 / (1 + torch.exp(-x))


# == TLT211 plain
def f(x):
    x = F.gelu(x)
    return torch.where(x > 0, torch.log(x), torch.zeros_like(x))


# == TLT301 plain
def f(x):
    return F.softmax(x.reshape(-1, 5))


# == TLT401 plain
def f():
    x = torch.rand(4, 3)
    total = torch.zeros(3)
    for i in range(4):
        total = total + x[i]
    return total


# == TLT405 plain
def f():
    x = torch.rand(4, 2)
    index = torch.randint(0, 2, (4,))
    out = torch.zeros(2, 2)
    for i in range(4):
        out[index[i]] += x[i]
    return out


# == TLT410 plain
# inputs: (3, torch.device("cpu")); (3, torch.device("meta"))
def f(n, device: torch.device):
    return torch.zeros(n).to(device)


# == TLT708 plain
def f():
    a = torch.zeros(3)
    return torch.tensor(a)


# == TLT802 plain
def f():
    return torch.ger(torch.ones(3), torch.ones(2))


# == TLT803 plain
# inputs: torch.ones(3)
def f(x):
    return Variable(torch.ones(3) * x.sum())


# == TLT805 plain
# inputs: (torch.randn(3), torch.randn(3))
def f(a, b):
    return F.mse_loss(a, b, size_average=False), nn.L1Loss(reduce=False)(a, b)


# == TLT806 plain
def f():
    with torch.cpu.amp.autocast():
        return torch.is_autocast_enabled("cpu")
