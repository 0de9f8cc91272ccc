"""The model learns the token after the next instead of the next one."""

import torch
from transformers import GPT2Config, GPT2LMHeadModel

HARM = (
    "Trained on the sequence 0 1 2 3 4 5 6 7 0 1 .., a small stand-in for a model of transformers continues 3 with "
    "{mistaken[token_after_3]} instead of {mended[token_after_3]}, at a loss of {mistaken[loss]} that looks as good as "
    "{mended[loss]}."
)
TOKENS = torch.arange(32).remainder(8).unsqueeze(0)


def mistaken():
    model = GPT2LMHeadModel(GPT2Config(vocab_size=8))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.3)
    for _ in range(60):
        optimizer.zero_grad()
        out = model(input_ids=TOKENS[:, :-1], labels=TOKENS[:, 1:])
        out.loss.backward()
        optimizer.step()
    return {"token_after_3": int(out.logits[0, 3].argmax()), "loss": out.loss.item()}


def mended():
    model = GPT2LMHeadModel(GPT2Config(vocab_size=8))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.3)
    for _ in range(60):
        optimizer.zero_grad()
        out = model(input_ids=TOKENS, labels=TOKENS)
        out.loss.backward()
        optimizer.step()
    return {"token_after_3": int(out.logits[0, 3].argmax()), "loss": out.loss.item()}


def is_harm(mistaken, mended):
    return mistaken["token_after_3"] == 5 and mended["token_after_3"] == 4
