"""Models of timm, torchvision, torch_geometric, diffusers and transformers, as they are built and called on the meta
device: of each library one for a module or family first, the smallest by its name."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch

_SMALL = ("pico", "nano", "tiny", "atto", "femto", "xxs", "_xs", "_s", "small", "b0", "18", "test")


class Candidate(NamedTuple):
    """A model: its name, what makes it, and what calls it."""

    name: str
    build: Callable[[], Any]
    call: Callable[[Any], Any]


class Library(NamedTuple):
    """Where the code of the models of a library is, what is imported there without being needed, and its models."""

    packages: Sequence[str]
    stand_ins: Sequence[str]
    models: Callable[[], Iterator[Candidate]]
    device: str = "meta"

    def candidates(self) -> Iterator[Candidate]:
        _declare_operations()
        yield from self.models()


def version(name: str) -> str:
    """The installed version of a library; that of a checkout is not known."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "?"


def _in_turns(families: Sequence[list[str]]) -> Iterator[str]:
    """The first of each family, then the second of each, small ones first."""
    for names in families:
        names.sort(key=lambda name: (not any(part in name for part in _SMALL), len(name), name))
    for turn in range(max(map(len, families), default=0)):
        yield from (names[turn] for names in families if turn < len(names))


# -- timm and torchvision -----------------------------------------------------------------------------------------


def _timm() -> Iterator[Candidate]:
    # Imported when its models are asked for, and after its imports are watched.
    timm: Any = importlib.import_module("timm")

    def called(model: Any) -> Any:
        size = (model.default_cfg or {}).get("input_size") or (3, 224, 224)
        return model(torch.rand(2, *size))

    for name in _in_turns([[*timm.list_models(module=module)] for module in timm.list_modules()]):
        yield Candidate(name, lambda name=name: timm.create_model(name), called)  # type: ignore[misc]


def _declare_operations() -> None:
    """Let torchvision be imported where its operations are compiled for another torch: models do without these two,
    but the import looks them up."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except ImportError:
        return


def _torchvision() -> Iterator[Candidate]:
    vision: Any = importlib.import_module("torchvision.models")
    families: dict[str, list[str]] = {}
    for name in vision.list_models():
        if name.startswith("quantized_"):
            continue  # the same model once more
        families.setdefault(vision.get_model_builder(name).__module__, []).append(name)

    def called(model: Any) -> Any:
        module = type(model).__module__
        if ".video" in module:
            return model(torch.rand(2, 3, 16, 224, 224))
        if "raft" in module:
            return model(torch.rand(2, 3, 128, 128), torch.rand(2, 3, 128, 128))
        return model([torch.rand(3, 320, 320)] if ".detection" in module else torch.rand(2, 3, 224, 224))

    def built(name: str) -> Any:
        tasks = (".detection", ".segmentation")
        bare = any(task in vision.get_model_builder(name).__module__ for task in tasks)
        return vision.get_model(name, weights=None, **({"weights_backbone": None} if bare else {}))

    for name in _in_turns([*families.values()]):
        yield Candidate(name, lambda name=name: built(name), called)  # type: ignore[misc]


# -- torch_geometric ----------------------------------------------------------------------------------------------

_CONVOLUTIONS: Mapping[str, Mapping[str, Any]] = {
    "GCNConv": {},
    "SAGEConv": {},
    "GATConv": {"heads": 2},
    "GATv2Conv": {"heads": 2},
    "TransformerConv": {"heads": 2},
    "ChebConv": {"K": 3},
    "ARMAConv": {},
    "SGConv": {"K": 2},
    "SSGConv": {"alpha": 0.1, "K": 2},
    "SuperGATConv": {},
    "EGConv": {},
    "FiLMConv": {},
    "GeneralConv": {},
    "GENConv": {},
    "ResGatedGraphConv": {},
}


def _geometric() -> Iterator[Candidate]:
    nn: Any = importlib.import_module("torch_geometric.nn")

    def called(model: Any) -> Any:
        return model(torch.rand(20, 16), torch.randint(0, 20, (2, 60)))

    def dense(model: Any) -> Any:
        return model(torch.rand(2, 20, 16), torch.rand(2, 20, 20))

    for name in ("GCN", "GraphSAGE", "GIN", "GAT", "EdgeCNN"):
        kind = getattr(nn, name)
        yield Candidate(name, lambda kind=kind: kind(16, 32, 2, 8), called)  # type: ignore[misc]
    more: Mapping[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
        "MLP": (lambda: nn.MLP([16, 32, 8]), lambda model: model(torch.rand(20, 16))),
        "GraphUNet": (lambda: nn.GraphUNet(16, 32, 8, depth=1), called),
        "SchNet": (
            lambda: nn.SchNet(32, 32, 2),
            lambda model: model(torch.zeros(9, dtype=torch.long), torch.rand(9, 3), torch.zeros(9, dtype=torch.long)),
        ),
        "DenseGCNConv": (lambda: nn.DenseGCNConv(16, 32), dense),
        "DenseSAGEConv": (lambda: nn.DenseSAGEConv(16, 32), dense),
        "DenseGATConv": (lambda: nn.DenseGATConv(16, 8), dense),
        "DMoNPooling": (lambda: nn.DMoNPooling(16, 4), dense),
    }
    for name, (build, call) in more.items():
        yield Candidate(name, build, call)
    for name, settings in _CONVOLUTIONS.items():
        kind = getattr(nn, name)
        yield Candidate(name, lambda kind=kind, settings=settings: kind(16, 32, **settings), called)  # type: ignore[misc]


# -- diffusers ----------------------------------------------------------------------------------------------------


def _images(*sizes: int) -> Callable[[Any], Any]:
    return lambda model: model(torch.rand(2, *sizes))


def _timed(*sizes: int) -> Callable[[Any], Any]:
    return lambda model: model(torch.rand(2, *sizes), torch.zeros(2, dtype=torch.long))


def _told(width: int, *sizes: int, **more: Any) -> Callable[[Any], Any]:
    """A call with a text, as so many vectors of a width."""
    return lambda model: model(
        torch.rand(2, *sizes),
        encoder_hidden_states=torch.rand(2, 7, width),
        timestep=torch.zeros(2, dtype=torch.long),
        **{name: make() for name, make in more.items()},
    )


_BLOCKS = {"down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2}
_DIFFUSERS: Mapping[str, tuple[Mapping[str, Any], Callable[[Any], Any]]] = {
    "UNet2DModel": ({}, _timed(3, 64, 64)),
    "UNet2DConditionModel": ({}, _told(1280, 4, 64, 64)),
    "UNet1DModel": ({"in_channels": 14, "out_channels": 14, "extra_in_channels": 2}, _timed(14, 256)),
    "UNet3DConditionModel": ({}, _told(1024, 4, 2, 32, 32)),
    "UNetMotionModel": ({}, _told(1280, 4, 2, 32, 32)),
    "AutoencoderKL": ({"block_out_channels": [32, 64], **_BLOCKS}, _images(3, 64, 64)),
    "VQModel": ({"block_out_channels": [32, 64], **_BLOCKS}, _images(3, 64, 64)),
    "AutoencoderTiny": ({}, _images(3, 64, 64)),
    "AsymmetricAutoencoderKL": ({}, _images(3, 64, 64)),
    "ConsistencyDecoderVAE": ({}, _images(3, 64, 64)),
    "AutoencoderDC": ({}, _images(3, 64, 64)),
    "AutoencoderOobleck": ({}, _images(2, 4096)),
    "AutoencoderKLTemporalDecoder": ({"block_out_channels": [32]}, lambda m: m(torch.rand(2, 3, 32, 32), num_frames=2)),
    "AutoencoderKLCogVideoX": ({}, _images(3, 5, 32, 32)),
    "AutoencoderKLMochi": ({}, _images(3, 7, 32, 32)),
    "AutoencoderKLLTXVideo": ({}, _images(3, 9, 64, 64)),
    "AutoencoderKLWan": ({}, _images(3, 5, 32, 32)),
    "DiTTransformer2DModel": (
        {"num_layers": 2},
        lambda model: model(
            torch.rand(2, 4, 32, 32),
            timestep=torch.zeros(2, dtype=torch.long),
            class_labels=torch.zeros(2, dtype=torch.long),
        ),
    ),
    "PixArtTransformer2DModel": (
        {"num_layers": 2, "caption_channels": 64, "sample_size": 32},
        _told(64, 4, 32, 32),
    ),
    "SanaTransformer2DModel": ({"num_layers": 2}, _told(2304, 32, 32, 32)),
    "SD3Transformer2DModel": (
        {"num_layers": 2},
        _told(4096, 16, 64, 64, pooled_projections=lambda: torch.rand(2, 2048)),
    ),
    "AuraFlowTransformer2DModel": ({"num_mmdit_layers": 1, "num_single_dit_layers": 1}, _told(2048, 4, 32, 32)),
    "CogVideoXTransformer3DModel": ({"num_layers": 2}, _told(4096, 2, 16, 32, 32)),
    "LatteTransformer3DModel": ({"num_layers": 1, "sample_size": 32, "caption_channels": 64}, _told(64, 4, 2, 32, 32)),
    "MochiTransformer3DModel": (
        {"num_layers": 2},
        _told(4096, 12, 2, 16, 16, encoder_attention_mask=lambda: torch.ones(2, 7)),
    ),
    "WanTransformer3DModel": ({"num_layers": 2}, _told(4096, 16, 2, 16, 16)),
    "PriorTransformer": (
        {"num_layers": 2},
        lambda model: model(
            torch.rand(2, 768),
            timestep=torch.zeros(2, dtype=torch.long),
            proj_embedding=torch.rand(2, 768),
            encoder_hidden_states=torch.rand(2, 77, 768),
        ),
    ),
    "FluxTransformer2DModel": (
        {"num_layers": 1, "num_single_layers": 1},
        lambda model: model(
            torch.rand(2, 64, 64),
            encoder_hidden_states=torch.rand(2, 7, 4096),
            pooled_projections=torch.rand(2, 768),
            timestep=torch.rand(2),
            img_ids=torch.zeros(64, 3),
            txt_ids=torch.zeros(7, 3),
            guidance=torch.rand(2),
        ),
    ),
    "ControlNetModel": (
        {"num_attention_heads": 8},
        lambda model: model(
            torch.rand(2, 4, 32, 32),
            torch.zeros(2, dtype=torch.long),
            encoder_hidden_states=torch.rand(2, 7, 1280),
            controlnet_cond=torch.rand(2, 3, 256, 256),
        ),
    ),
}


def _diffusers() -> Iterator[Candidate]:
    diffusers: Any = importlib.import_module("diffusers")
    for name, (settings, call) in _DIFFUSERS.items():
        yield Candidate(name, lambda name=name, settings=settings: getattr(diffusers, name)(**settings), call)  # type: ignore[misc]


# -- transformers -------------------------------------------------------------------------------------------------

# What says how many layers there are: two show what any number does.
_DEPTHS = (
    *("num_hidden_layers", "num_layers", "n_layer", "n_layers", "encoder_layers", "decoder_layers"),
    *("num_encoder_layers", "num_decoder_layers", "num_hidden_groups"),
)


def _transformers() -> Iterator[Candidate]:
    auto: Any = importlib.import_module("transformers.models.auto")
    mapping: Any = importlib.import_module("transformers.models.auto.modeling_auto")
    for kind in mapping.MODEL_MAPPING_NAMES:
        yield Candidate(kind, lambda kind=kind: _with_few_layers(auto, kind), _asked)  # type: ignore[misc]


def _with_few_layers(auto: Any, kind: str) -> Any:
    config_class = auto.configuration_auto.CONFIG_MAPPING[kind]
    plain = config_class()
    few = {name: 2 for name in _DEPTHS if isinstance(getattr(plain, name, None), int)}
    try:
        config = config_class(**few)
    except Exception:  # where layers are listed one by one
        config = plain
    return auto.AutoModel.from_config(config, attn_implementation="eager")


def _asked(model: Any) -> Any:
    """A call with what the model takes first, and with what a decoder begins with."""
    config = model.config
    vision = getattr(config, "vision_config", None) or config
    size = getattr(vision, "image_size", None) or 224
    height, width = size if isinstance(size, list | tuple) else (size, size)
    words = {"input_ids": torch.zeros(2, 12, dtype=torch.long)}
    name = model.main_input_name
    given: dict[str, torch.Tensor] = {
        "pixel_values": torch.rand(2, getattr(vision, "num_channels", 3), height, width),
        "input_values": torch.rand(2, 16000),
        "input_features": torch.rand(2, getattr(config, "num_mel_bins", 80), 3000),
        **words,
    }
    inputs = {name: given[name]}
    if getattr(config, "is_encoder_decoder", False):
        inputs["decoder_input_ids"] = torch.zeros(2, 5, dtype=torch.long)
    elif hasattr(config, "text_config") and hasattr(config, "vision_config"):
        inputs |= {"pixel_values": given["pixel_values"], **words}
    kind = model.dtype
    return model(**{name: value.to(kind) if value.is_floating_point() else value for name, value in inputs.items()})


LIBRARIES: Mapping[str, Library] = {
    "timm": Library(
        ("timm.models", "timm.layers"), ("torchvision", "huggingface_hub", "safetensors", "timm.data"), _timm
    ),
    "torchvision": Library(("torchvision.models", "torchvision.ops"), (), _torchvision),
    "torch_geometric": Library(("torch_geometric.nn",), (), _geometric, "cpu"),  # small, and asks for numbers
    "diffusers": Library(("diffusers.models",), (), _diffusers),
    "transformers": Library(("transformers.models",), (), _transformers),
}
