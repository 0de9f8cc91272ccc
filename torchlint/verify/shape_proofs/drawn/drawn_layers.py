"""Of layers that normalise, embed, remember or attend."""

from __future__ import annotations

from torchlint.torch_facts.dims import Shape
from torchlint.verify.shape_proofs.drawn.draw import Arguments, Draw


def norm_layer(draw: Draw) -> Arguments:
    shape = draw.shape(1)
    count = draw.random.randint(1, 2)
    wanted = tuple(draw.near(size) for size in shape.sizes[-count:])
    return {"input": shape, "normalized_shape": wanted if len(wanted) > 1 or draw.chance(0.5) else wanted[0]}


def batch_norm(draw: Draw) -> Arguments:
    shape = draw.shape(1, 5)
    # Torch wants more than one value of each channel in training.
    shape = Shape((max(shape.sizes[0], 2), *shape.sizes[1:]))  # type: ignore[type-var]
    return {"input": shape, "num_features": draw.near((*shape.sizes, 2)[1])}


def group_norm_layer(draw: Draw) -> Arguments:
    shape = draw.shape(1)
    channels = draw.near((*shape.sizes, 2)[1])
    groups = draw.random.choice([count for count in range(1, channels + 1) if channels % count == 0])
    return {"input": shape, "num_groups": groups, "num_channels": channels}


def group_norm(draw: Draw) -> Arguments:
    return {"input": draw.shape(1), "num_groups": draw.size(2)}


def embedding_layer(draw: Draw) -> Arguments:
    return {"input": draw.shape(), "num_embeddings": 7, "embedding_dim": draw.size()}


def embedding(draw: Draw) -> Arguments:
    return {"input": draw.shape(), "weight": draw.shape(1, 3) if draw.chance(0.2) else draw.shape(2, 2)}


def recurrent(draw: Draw) -> Arguments:
    shape = draw.shape(1, 4) if draw.chance(0.3) else draw.shape(2, 3)
    flags = draw.some({"bidirectional": True, "batch_first": True, "num_layers": 2})
    return {"input": shape, "input_size": draw.near(shape.sizes[-1]), "hidden_size": draw.size(), **flags}


def cell(draw: Draw) -> Arguments:
    shape = draw.shape(1, 3)
    return {"input": shape, "input_size": draw.near(shape.sizes[-1]), "hidden_size": draw.size()}


def attention_layer(draw: Draw) -> Arguments:
    heads = draw.random.choice((1, 2))
    embed = heads * draw.random.choice((2, 3))
    shape = Shape((*draw.shape(1, 2).sizes, draw.near(embed)))
    return {"query": shape, "key": shape, "value": shape, "embed_dim": embed, "num_heads": heads}


def transformer_layer(draw: Draw) -> Arguments:
    shape = Shape((*draw.shape(1, 2).sizes, draw.random.choice((4, 4, 2))))
    return {"input": shape, "d_model": 4, "nhead": 2, "dim_feedforward": 8}


def attention(draw: Draw) -> Arguments:
    query = draw.shape(2, 4)
    key = Shape((*query.sizes[:-2], draw.size(), draw.near(query.sizes[-1])))
    value = Shape((*query.sizes[:-2], draw.near(key.sizes[-2]), draw.size()))
    return {"query": query, "key": key, "value": value}


def function_norm(draw: Draw) -> Arguments:
    shape = draw.shape(2, 5)
    count = Shape((draw.near(shape.sizes[1]),))
    return {"input": shape, "running_mean": count, "running_var": count}


def transformer(draw: Draw) -> Arguments:
    source = Shape((*draw.shape(1, 2).sizes, draw.random.choice((4, 4, 4, 2))))
    target = Shape((draw.size(), *source.sizes[1:-1], draw.random.choice((4, 4, 4, 2))))
    settings = {"d_model": 4, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 8}
    return {"src": source, "tgt": target, **settings}


def decoder_layer(draw: Draw) -> Arguments:
    target = Shape((*draw.shape(1, 2).sizes, draw.random.choice((4, 4, 2))))
    memory = Shape((draw.size(), *target.sizes[1:-1], 4))
    return {"tgt": target, "memory": memory, "d_model": 4, "nhead": 2, "dim_feedforward": 8}


def bags(draw: Draw) -> Arguments:
    return {"input": draw.shape(2, 2) if draw.chance(0.8) else draw.shape(), "num_embeddings": 7, "embedding_dim": 4}
