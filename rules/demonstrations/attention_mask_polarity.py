"""A token sees those that follow it, which a causal mask is there to hide."""

import torch
import torch.nn.functional as F

HARM = (
    "With a causal mask, the output for the first token changes by {mistaken[change_of_first_output]} when the last "
    "one changes, instead of by {mended[change_of_first_output]}."
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
