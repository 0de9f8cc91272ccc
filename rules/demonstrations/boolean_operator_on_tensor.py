"""The line raises."""

import torch

HARM = "The line raises {mistaken[raises]} ({mistaken[message]}); with `&` it finds {mended[numbers_inside]} numbers."


def mistaken():
    x = torch.linspace(0, 1, 9)
    inside = (x > 0.2) and (x < 0.8)
    return {"numbers_inside": int(inside.sum())}


def mended():
    x = torch.linspace(0, 1, 9)
    inside = (x > 0.2) & (x < 0.8)
    return {"numbers_inside": int(inside.sum())}


def is_harm(mistaken, mended):
    return mistaken["raises"] == "RuntimeError" and mended["numbers_inside"] == 5
