import torch


def f(x):
    return torch.nn.functional.softmax(x)
