# TLT404
# %%
def gather(t: torch.Tensor, idx: torch.Tensor):
    out = []
    for i in range(t.size(0)):
        out += [t[i][idx[i]]]
    return torch.stack(out)


# %%
def gather(t: torch.Tensor, idx: torch.Tensor):
    out = []
    for i in range(len(t)):
        out.append(t[i, idx[i]])
    return torch.stack(out)


# %%
@torch.jit.script
def gather(t: torch.Tensor, idx: torch.Tensor):
    out = []
    for i in range(t.shape[0]):
        out += [t[i][idx[i]]]
    return torch.stack(out, dim=0)


# %%
def gather(t: torch.Tensor, idx: torch.Tensor):
    out = [t[i][idx[i]] for i in range(len(t))]
    return torch.stack(out)


# %%
def gather(t: torch.Tensor, idx: torch.Tensor):
    return torch.stack([t[i, idx[i]] for i in range(t.size(0))], dim=0)
