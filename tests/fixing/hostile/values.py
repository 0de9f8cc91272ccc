"""C to I: counts, memory, what is no tensor, dtypes, dims, indices, and what happens beside them."""

import copy
import io
import pickle

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


# == TLT401 a count from a tensor
def f():
    x = torch.arange(12.0).reshape(4, 3)
    n = int(torch.tensor(3))
    total = torch.zeros(3)
    for i in range(n):
        total = total + x[i]
    return total


# == TLT401 a count by len of another
def f():
    x = torch.arange(12.0).reshape(4, 3)
    w = torch.ones(2, 3)
    total = torch.zeros(3)
    for i in range(len(w)):
        total = total + x[i]
    return total


# == TLT401 the loop variable by locals
def f():
    x = torch.arange(12.0).reshape(4, 3)
    total = torch.zeros(3)
    for i in range(4):
        total = total + x[i]
    return total, sorted(locals())


# == TLT401 the loop variable is global
def f():
    global at
    x = torch.arange(12.0).reshape(4, 3)
    total = torch.zeros(3)
    for at in range(4):
        total = total + x[at]
    return total, globals()["at"]


# == TLT401 a half total of many rows
def f():
    x = torch.full((4000, 3), 0.3, dtype=torch.float16)
    total = torch.zeros(3, dtype=torch.float16)
    for i in range(4000):
        total = total + x[i]
    return total


# == TLT401 a half total in place
def f():
    x = torch.full((4000, 3), 0.3).half()
    total = torch.zeros(3).half()
    for row in x:
        total += row
    return total


# == TLT401 a total of bfloat16
def f():
    x = torch.full((400, 3), 0.3, dtype=torch.bfloat16)
    total = torch.zeros(3, dtype=torch.bfloat16)
    for row in torch.unbind(x):
        total += row
    return total


# == TLT401 a total of bytes
def f():
    x = torch.full((9, 3), 100, dtype=torch.uint8)
    total = torch.zeros(3, dtype=torch.uint8)
    for i in range(9):
        total = total + x[i]
    return total


# == TLT401 a total of bytes in place
def f():
    x = torch.full((9, 3), 100, dtype=torch.int8)
    total = torch.zeros(3, dtype=torch.int8)
    for i in range(9):
        total += x[i]
    return total


# == TLT401 a total of bools
def f():
    x = torch.ones(9, 3) > 0
    total = torch.zeros(3) > 0
    for i in range(9):
        total = total + x[i]
    return total


# == TLT401 a total wider than the rows
def f():
    x = torch.full((9, 3), 100.0)
    total = torch.zeros(3, dtype=torch.float64)
    for i in range(9):
        total = total + x[i]
    return total


# == TLT401 a total that is narrower
def f():
    x = torch.full((9, 3), 100.5, dtype=torch.float64)
    total = torch.zeros(3)
    for i in range(9):
        total += x[i]
    return total


# == TLT401 a default dtype
def f():
    torch.set_default_dtype(torch.float64)
    x = torch.rand(9, 3)
    torch.set_default_dtype(torch.float32)
    total = torch.zeros(3)
    for i in range(9):
        total = total + x[i]
    return total


# == TLT401 a broadcast total
def f():
    x = torch.arange(12.0).reshape(4, 3)
    total = torch.zeros(2, 3)
    for i in range(4):
        total = total + x[i]
    return total


# == TLT401 a total that has fewer dims
def f():
    x = torch.arange(12.0).reshape(4, 3)
    total = torch.zeros(())
    for i in range(4):
        total = total + x[i]
    return total


# == TLT401 a total that cannot take it
def f():
    x = torch.arange(12.0).reshape(4, 3)
    total = torch.zeros(2)
    for i in range(4):
        total = total + x[i]
    return total


# == TLT401 no rows and a total of another shape
def f():
    x = torch.zeros(0, 3)
    total = torch.zeros(1)
    for row in x:
        total = total + row
    return total.shape


# == TLT401 no rows and a total of another dtype
def f():
    x = torch.zeros(0, 3)
    total = torch.zeros(3, dtype=torch.int64)
    for i in range(0):
        total = total + x[i]
    return total


# == TLT401 a total that needs a gradient
def f():
    x = torch.arange(12.0).reshape(4, 3)
    total = torch.zeros(3, requires_grad=True)
    for i in range(4):
        total += x[i]
    return total


# == TLT401 rows that need a gradient
def f():
    x = torch.arange(12.0).reshape(4, 3).requires_grad_()
    total = torch.zeros(3)
    for i in range(4):
        total += x[i]
    total.sum().backward()
    return total, x.grad


# == TLT401 a large and a small
def f():
    x = torch.tensor([[1e8], [1.0], [-1e8]])
    total = torch.zeros(1)
    for i in range(3):
        total = total + x[i]
    return total


# == TLT401 infinities
def f():
    x = torch.tensor([[float("inf")], [-float("inf")], [1.0]])
    total = torch.zeros(1)
    for i in range(3):
        total = total + x[i]
    return total


# == TLT401 a minus zero
def f():
    x = torch.tensor([[-0.0], [-0.0]])
    total = torch.full((1,), -0.0)
    for i in range(2):
        total = total + x[i]
    return 1 / total


# == TLT401 versions are counted
def f():
    x = torch.arange(12.0).reshape(4, 3)
    total = torch.zeros(3)
    for i in range(4):
        total += x[i]
    return total, total._version


# == TLT401 the identity of the total
def f():
    x = torch.arange(12.0).reshape(4, 3)
    total = start = torch.zeros(3)
    for i in range(4):
        total = total + x[i]
    return total, start, total is start


# == TLT405 labels of minus one
def f():
    x = torch.arange(12.0).reshape(4, 3)
    index = torch.randint(-1, 3, (4,))
    out = torch.zeros(3, 3)
    for i in range(4):
        out[index[i]] += x[i]
    return out


# == TLT405 indices that are too large
def f():
    x = torch.arange(12.0).reshape(4, 3)
    index = torch.randint(0, 9, (4,))
    out = torch.zeros(3, 3)
    for i in range(4):
        out[index[i]] += x[i]
    return out


# == TLT405 half sums
def f():
    x = torch.full((3000, 2), 0.3, dtype=torch.float16)
    index = torch.randint(0, 2, (3000,))
    out = torch.zeros(2, 2, dtype=torch.float16)
    for i in range(3000):
        out[index[i]] += x[i]
    return out


# == TLT405 sums that are wider
def f():
    x = torch.full((4, 2), 0.3)
    index = torch.randint(0, 2, (4,))
    out = torch.zeros(2, 2, dtype=torch.float64)
    for i in range(4):
        out[index[i]] += x[i]
    return out


# == TLT405 sums that broadcast
def f():
    x = torch.full((4, 1), 0.3)
    index = torch.randint(0, 2, (4,))
    out = torch.zeros(2, 2)
    for i in range(4):
        out[index[i]] += x[i]
    return out


# == TLT405 indices that are ints of 32 bits
def f():
    x = torch.full((4, 2), 0.3)
    index = torch.randint(0, 2, (4,), dtype=torch.int32)
    out = torch.zeros(2, 2)
    for i in range(4):
        out[index[i]] += x[i]
    return out


# == TLT405 indices that are bytes
def f():
    x = torch.full((4, 2), 0.3)
    index = torch.randint(0, 2, (4,), dtype=torch.uint8)
    out = torch.zeros(2, 2)
    for i in range(4):
        out[index[i]] += x[i]
    return out


# == TLT405 more indices than rows
def f():
    x = torch.full((4, 2), 0.3)
    index = torch.randint(0, 2, (7,))
    out = torch.zeros(2, 2)
    for i in range(7):
        out[index[i]] += x[i]
    return out


# == TLT405 fewer turns
def f():
    x = torch.full((4, 2), 0.3)
    index = torch.randint(0, 2, (4,))
    out = torch.zeros(2, 2)
    for i in range(3):
        out[index[i]] += x[i]
    return out


# == TLT202 a result that is stepped through in memory
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.softmax(x, 1))
    return torch.as_strided(r, (2,), (1,))


# == TLT202 the strides
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.softmax(x, 1))
    return r, r.stride()


# == TLT202 the order of dims
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.softmax(x, 1))
    return r, r.dim_order()


# == TLT202 the bytes that are written
def f(x):
    x = F.gelu(x.detach().t())
    r = torch.log(torch.softmax(x, 1))
    file = io.BytesIO()
    torch.save(r, file)
    file.seek(0)
    return torch.load(file).stride()


# == TLT202 pickled
def f(x):
    x = F.gelu(x.detach().t())
    r = torch.log(torch.softmax(x, 1))
    return pickle.loads(pickle.dumps(r)).stride()


# == TLT202 copied
def f(x):
    x = F.gelu(x.detach().t())
    r = torch.log(torch.softmax(x, 1))
    return copy.deepcopy(r).stride()


# == TLT202 an array
def f(x):
    x = F.gelu(x.detach().t())
    r = torch.log(torch.softmax(x, 1))
    return r, r.numpy().flags["C_CONTIGUOUS"], r.numpy().strides


# == TLT202 the array's bytes
def f(x):
    x = F.gelu(x.detach().t())
    r = torch.log(torch.softmax(x, 1))
    return np.frombuffer(r.numpy().tobytes("A"), dtype=np.float32).tolist()


# == TLT202 a view that needs it dense
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.softmax(x, 1))
    return r.view(-1)


# == TLT203 a view that needs it dense
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.sigmoid(x))
    return r.view(-1)


# == TLT203 random numbers of the same layout
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.sigmoid(x))
    torch.manual_seed(0)
    return torch.rand_like(r)


# == TLT203 random numbers in place
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.sigmoid(x))
    torch.manual_seed(0)
    return r.detach().clone().normal_()


# == TLT203 random numbers by a helper
def noise(t):
    return torch.randn_like(t)


def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.sigmoid(x))
    torch.manual_seed(0)
    return noise(r)


# == TLT203 random numbers by a layer
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.sigmoid(x))
    torch.manual_seed(0)
    return nn.Sequential(nn.Dropout(0.5))(r)


# == TLT203 random numbers by a distribution
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.sigmoid(x))
    torch.manual_seed(0)
    return torch.distributions.Normal(r.detach(), 1.0).sample()


# == TLT203 random numbers of a categorical
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.sigmoid(x))
    torch.manual_seed(0)
    return torch.bernoulli(torch.exp(r))


# == TLT203 a gumbel softmax
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.sigmoid(x))
    torch.manual_seed(0)
    return F.gumbel_softmax(r)


# == TLT203 rrelu
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.sigmoid(x))
    torch.manual_seed(0)
    return F.rrelu(r, training=True)


# == TLT203 random numbers of a caller
def inner(x):
    x = F.gelu(x.t())
    return torch.log(torch.sigmoid(x))


def f(x):
    r = inner(x)
    torch.manual_seed(0)
    return torch.rand_like(r)


# == TLT203 an empty tensor that is filled
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.sigmoid(x))
    torch.manual_seed(0)
    noise = torch.empty_like(r)
    nn.init.uniform_(noise)
    return noise


# == TLT203 dropout of a sum
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.sigmoid(x)) + 1
    torch.manual_seed(0)
    return F.dropout(r, 0.5)


# == TLT202 random numbers of the same layout
def f(x):
    x = F.gelu(x.t())
    r = torch.log(torch.softmax(x, 1))
    torch.manual_seed(0)
    return torch.rand_like(r)


# == TLT201 random numbers of the same layout
def f(x):
    x = F.gelu(x.t())
    e = torch.exp(x)
    r = e / e.sum(1, keepdim=True)
    torch.manual_seed(0)
    return torch.rand_like(r)


# == TLT112 random numbers of the same layout
def f(x):
    x = F.gelu(x.t())
    t = torch.sigmoid(x * 2)
    p = torch.sigmoid(x)
    r = -(t * torch.log(p) + (1 - t) * torch.log(1 - p))
    torch.manual_seed(0)
    return torch.rand_like(r)


# == TLT211 random numbers of the same layout
def f(x):
    x = F.gelu(x.t())
    r = torch.where(x > 0, torch.log(x), torch.zeros_like(x))
    torch.manual_seed(0)
    return torch.rand_like(r)


# == TLT207 random numbers of the same layout
def f(x):
    x = F.gelu(x.t())
    r = torch.exp(x) - 1
    torch.manual_seed(0)
    return torch.rand_like(r)


# == TLT708 random numbers of the same layout
def f():
    a = torch.arange(12.0).reshape(3, 4).t()
    r = torch.tensor(a)
    torch.manual_seed(0)
    return torch.rand_like(r), r.stride()


# == TLT708 an expanded tensor
def f():
    a = torch.ones(1, 4).expand(3, 4)
    r = torch.tensor(a)
    r[0] = 5
    return r, r.stride()


# == TLT708 a parameter
def f():
    a = nn.Parameter(torch.ones(3))
    r = torch.tensor(a)
    return r, type(r).__name__, r.requires_grad


# == TLT708 an attribute is not copied
def f():
    a = torch.ones(3)
    a.tag = 3
    return hasattr(torch.tensor(a), "tag")


# == TLT708 a sparse tensor
def f():
    a = torch.eye(3).to_sparse()
    return torch.tensor(a).to_dense()


# == TLT708 a conjugate
def f():
    a = torch.complex(torch.ones(3), torch.ones(3)).conj()
    r = torch.tensor(a)
    return r, r.is_conj()


# == TLT708 a negative view
def f():
    a = torch.complex(torch.ones(3), torch.ones(3)).conj().imag
    r = torch.tensor(a)
    return r, r.is_neg()


# == TLT708 a tensor of inference
def f():
    with torch.inference_mode():
        a = torch.ones(3)
    r = torch.tensor(a)
    return r.is_inference()


# == TLT708 a default device
def f():
    with torch.device("meta"):
        a = torch.ones(3)
    with torch.device("cpu"):
        r = torch.tensor(torch.ones(3))
    return r.device, a.device


# == TLT708 a default device for the copy
def f():
    a = torch.ones(3)
    with torch.device("meta"):
        r = torch.tensor(a)
    return r.device


# == TLT708 a mask for a warning
def f():
    import warnings

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        a = torch.ones(3)
        torch.tensor(a)
    return len(seen)


# == TLT708 a warning that is an error
def f():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        a = torch.ones(3)
        return torch.tensor(a)


# == TLT301 a warning that is counted
def f(x):
    import warnings

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        r = F.softmax(x.reshape(-1, 5))
    return r, len(seen)


# == TLT301 three dims
def f(x):
    x = x.reshape(3, 5, 1)
    return F.softmax(x)


# == TLT301 one dim
def f(x):
    x = x.flatten()
    return F.softmax(x)


# == TLT301 no dims
def f(x):
    x = x.sum()
    return F.softmax(x)


# == TLT301 another rank by a condition
def f(x):
    x = x.reshape(-1, 5)
    if x.sum() > -1e9:
        x = x[None, None]
    return F.softmax(x)


# == TLT301 a layer whose dim is looked at
def f(x):
    layer = nn.Softmax()
    return layer(x.reshape(-1, 5)), layer.dim, repr(layer)


# == TLT301 a layer for two ranks
def f(x):
    layer = nn.Softmax()
    return layer(x.reshape(-1, 5)), layer(x.reshape(3, 5, 1))


# == TLT301 a layer in a list
def f(x):
    layers = [nn.Softmax(), nn.Softmax()]
    return layers[0](x.reshape(-1, 5)), layers[1](x.reshape(3, 5, 1))


# == TLT202 a dim that is a bool
def f(x):
    x = F.gelu(x)
    return torch.log(torch.softmax(x, True))


# == TLT207 in place on the exponentials
def f(x):
    x = F.gelu(x).detach()
    e = torch.exp(x)
    e -= 1
    return e


# == TLT207 bools
# inputs: torch.tensor([True, False])
def f(x):
    return torch.exp(x) - 1


# == TLT207 a complex number
# inputs: torch.complex(torch.tensor([1e-4]), torch.tensor([3.0]))
def f(x):
    return torch.exp(x) - 1


# == TLT204 an empty dim
# inputs: torch.zeros(3, 0)
def f(x):
    x = F.gelu(x)
    return torch.log(torch.exp(x).sum(1))


# == TLT204 no dims at all
def f(x):
    x = F.gelu(x)
    return torch.log(torch.exp(x).sum(()))


# == TLT204 dims of an empty list
def f(x):
    x = F.gelu(x)
    return torch.log(torch.exp(x).sum([]))


# == TLT204 infinities
# inputs: torch.tensor([[float("inf"), 0.0], [-float("inf"), -float("inf")], [float("nan"), 0.0]])
def f(x):
    x = F.relu6(x) * 0 + x
    x = F.softshrink(x, 0.0)
    return torch.log(torch.exp(x).sum(1))


# == TLT201 infinities
# inputs: torch.tensor([[-float("inf"), 0.0], [-1.0, -float("inf")]])
def f(x):
    x = F.softshrink(x, 0.0)
    e = torch.exp(x)
    return e / e.sum(1, keepdim=True)


# == TLT201 a sum over two dims
def f(x):
    x = F.gelu(x)
    e = torch.exp(x)
    return e / e.sum((0, 1), keepdim=True)


# == TLT201 a dim that is not known
# inputs: (torch.randn(3, 5), 1); (torch.randn(3, 5), (0, 1)); (torch.randn(3, 5), None)
def f(x, dim):
    x = F.gelu(x)
    e = torch.exp(x)
    return e / e.sum(dim, keepdim=True)


# == TLT208 integers
# inputs: torch.arange(3); torch.tensor([True, False]); torch.full((2,), 200, dtype=torch.uint8)
def f(x):
    return 1 / (1 + torch.exp(-x))


# == TLT208 the smallest integer
# inputs: torch.full((2,), -128, dtype=torch.int8)
def f(x):
    return 1 / (1 + torch.exp(-x))


# == TLT211 integers
# inputs: torch.arange(-2, 3)
def f(x):
    return torch.where(x > 0, torch.log(x), 0.0)


# == TLT211 bytes
# inputs: torch.arange(3).byte(); torch.tensor([True, False])
def f(x):
    return torch.where(x > 0, torch.log(x), torch.zeros_like(x).float())


# == TLT211 integers that divide
# inputs: torch.arange(-2, 3)
def f(x):
    return torch.where(x != 0, 1 / x, torch.zeros_like(x))


# == TLT211 a number beside a tensor
# inputs: torch.tensor(2.0, dtype=torch.float64); torch.tensor(2.0).half()
def f(x):
    return torch.where(x > 0, torch.log(x), torch.zeros(3))


# == TLT211 NaN
# inputs: torch.tensor([float("nan"), 1.0, -1.0])
def f(x):
    return torch.where(x > 0, torch.log(x), x), torch.where(x <= 0, x, torch.log(x))


# == TLT211 NaN and a square root
# inputs: torch.tensor([float("nan"), 1.0, -1.0, 0.0])
def f(x):
    return torch.where(x < 0, torch.zeros_like(x), torch.sqrt(x))


# == TLT211 a division
# inputs: torch.tensor([float("nan"), 1.0, -1.0, 0.0])
def f(x):
    return torch.where(x == 0, torch.ones_like(x), torch.sin(x) / x)


# == TLT112 targets that have a gradient
def f(x):
    t = torch.sigmoid(F.gelu(x * 2))
    x = F.gelu(x)
    p = torch.sigmoid(x)
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p))


# == TLT112 targets of another shape
def f(x):
    x = F.gelu(x)
    t = torch.sigmoid(x[:, :1])
    p = torch.sigmoid(x)
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p))


# == TLT112 targets that are larger
def f(x):
    x = F.gelu(x)
    t = torch.sigmoid(torch.stack([x, x]))
    p = torch.sigmoid(x)
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p))


# == TLT112 targets that are integers
def f(x):
    x = F.gelu(x)
    t = (x > 0).long()
    p = torch.sigmoid(x)
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p))


# == TLT112 probabilities that are read again
def f(x):
    x = F.gelu(x)
    t = torch.sigmoid(x * 2)
    p = torch.sigmoid(x)
    r = -(t * torch.log(p) + (1 - t) * torch.log(1 - p))
    return r, p


# == TLT105 probabilities as targets
# inputs: (torch.randn(3, 5), torch.softmax(torch.randn(3, 5), 1))
def f(x, y):
    x = F.gelu(x)
    return F.nll_loss(F.log_softmax(x, 1), y)


# == TLT105 labels that are ignored
# inputs: (torch.randn(3, 5), torch.tensor([1, -100, 2])); (torch.randn(3, 5), torch.tensor([-100, -100, -100]))
def f(x, y):
    x = F.gelu(x)
    return F.nll_loss(F.log_softmax(x, 1), y)


# == TLT105 no samples
# inputs: (torch.zeros(0, 5), torch.zeros(0, dtype=torch.long))
def f(x, y):
    x = F.gelu(x)
    return F.nll_loss(F.log_softmax(x, 1), y), F.nll_loss(F.log_softmax(x, 1), y, reduction="sum")


# == TLT105 labels out of range
# inputs: (torch.randn(3, 5), torch.tensor([1, 7, 2])); (torch.randn(3, 5), torch.tensor([1, -1, 2]))
def f(x, y):
    x = F.gelu(x)
    return F.nll_loss(F.log_softmax(x, 1), y)


# == TLT105 labels that are floats
# inputs: (torch.randn(3, 5), torch.tensor([1.0, 0.0, 2.0])); (torch.randn(3, 5), torch.tensor([1, 0, 2]).byte())
def f(x, y):
    x = F.gelu(x)
    return F.nll_loss(F.log_softmax(x, 1), y)


# == TLT105 labels that are 32 bits wide
# inputs: (torch.randn(3, 5), torch.tensor([1, 0, 2]).int())
def f(x, y):
    x = F.gelu(x)
    return F.nll_loss(F.log_softmax(x, 1), y)


# == TLT102 another dtype of the log-probabilities
def f(x, y):
    x = F.gelu(x)
    return F.cross_entropy(F.log_softmax(x, 1, dtype=torch.float64), y)


# == TLT102 smoothing
def f(x, y):
    x = F.gelu(x)
    return F.cross_entropy(F.log_softmax(x, 1), y, label_smoothing=0.3)


# == TLT102 weights and smoothing
def f(x, y):
    x = F.gelu(x)
    w = torch.arange(1.0, 6.0)
    return F.cross_entropy(F.log_softmax(x, 1), y, w, label_smoothing=0.3, reduction="none")


# == TLT102 infinities
# inputs: (torch.tensor([[float("inf"), 0.0], [0.0, -float("inf")]]), torch.tensor([0, 1]))
def f(x, y):
    x = F.softshrink(x, 0.0)
    return F.cross_entropy(F.log_softmax(x, 1), y, reduction="none")
