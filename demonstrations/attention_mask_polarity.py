"""A token sees those that follow it, which a causal mask is there to hide."""

import torch
import torch.nn.functional as F

HARM = (
    "When the last of 5 tokens changes, the output of the first changes by {mistaken[change_of_first_output]} "
    "instead of {mended[change_of_first_output]}."
)


def mistaken():
    mask = torch.triu(torch.ones(5, 5), diagonal=1).bool()
    x = torch.randn(1, 5, 4)
    other = x.clone()
    other[:, -1] += 1
    one, two = (F.scaled_dot_product_attention(tokens, tokens, tokens, attn_mask=mask) for tokens in (x, other))
    return {"change_of_first_output": (one - two)[0, 0].norm().item()}


def mended():
    mask = torch.tril(torch.ones(5, 5)).bool()
    x = torch.randn(1, 5, 4)
    other = x.clone()
    other[:, -1] += 1
    one, two = (F.scaled_dot_product_attention(tokens, tokens, tokens, attn_mask=mask) for tokens in (x, other))
    return {"change_of_first_output": (one - two)[0, 0].norm().item()}


def is_harm(mistaken, mended):
    return mistaken["change_of_first_output"] > 0.1 and mended["change_of_first_output"] == 0
