"""Functions of `torch.nn.functional`."""

from __future__ import annotations

from torchlint.torch_facts.rows import family

network = family(raises="int bool complex")
pooling = family(shape="spatial", raises="int bool complex", saves="operands")
# In training they draw, else they give back the input itself.
dropout = family(shape="same", view="sometimes", random="training", raises="int bool complex", saves="")
layout = family(shape="spatial", saves="")
convolution = family(shape="spatial", raises="int bool", saves="operands")

ROWS = (
    pooling("adaptive_avg_pool1d"),
    pooling("adaptive_avg_pool2d"),
    pooling("adaptive_avg_pool3d"),
    pooling("adaptive_max_pool1d", gives="varies"),
    pooling("adaptive_max_pool2d", gives="varies", several_with="return_indices"),
    pooling("adaptive_max_pool3d", gives="varies", several_with="return_indices"),
    pooling("avg_pool1d"),
    pooling("avg_pool2d"),
    pooling("avg_pool3d"),
    pooling("fractional_max_pool2d", gives="varies", several_with="return_indices", random="training"),
    pooling("lp_pool1d", dtype="float", raises="complex", range="nonnegative"),
    pooling("lp_pool2d", dtype="float", raises="complex", range="nonnegative"),
    pooling("lp_pool3d", dtype="float", raises="complex", range="nonnegative"),
    pooling("max_pool1d", gives="varies", several_with="return_indices"),
    pooling("max_pool2d", gives="varies", several_with="return_indices", raises="bool complex"),
    pooling("max_pool3d", gives="varies", several_with="return_indices", raises="bool complex"),
    pooling("max_unpool1d", takes="input indices", raises="int"),
    pooling("max_unpool2d", takes="input indices", raises="int"),
    pooling("max_unpool3d", takes="input indices", raises="int"),
    network("affine_grid", saves=""),
    network("batch_norm", shape="same", writes="running_mean running_var"),
    network("bilinear", raises="bool", shape="last dim", affine=True, saves="operands"),
    network("cosine_similarity", takes="x1 x2", range="signed unit", shape="one dim", saves="operands"),
    network(
        "embedding",
        dtype="other",
        raises="float bool complex",
        shape="one more",
        arguments="input:labels",
        saves="operands",
    ),
    network("embedding_bag", dtype="other", raises="float bool complex", arguments="input:labels", saves="operands"),
    network("fold", raises="int", saves=""),
    network("glu", shape="same rank", saves="operands"),
    network("grid_sample", shape="spatial", saves="operands"),
    network("group_norm", shape="same", saves="operands"),
    network("instance_norm", shape="same", writes="running_mean running_var"),
    network("interpolate", shape="spatial", saves=""),
    network("layer_norm", shape="same", saves="operands"),
    network(
        "linear", dtype="promoted", raises="bool", shape="last dim", affine=True, contiguous=True, saves="operands"
    ),
    network("local_response_norm", shape="same", saves="operands"),
    network("nn.functional.unfold", raises="int", saves=""),
    network(
        "pairwise_distance",
        takes="x1 x2",
        dtype="float",
        real=True,
        raises="bool",
        range="nonnegative",
        shape="one dim",
        saves="result",
    ),
    network("rms_norm", raises="int bool", shape="same", saves="operands"),
    network("scaled_dot_product_attention", random="training", saves="operands"),
    network("upsample", shape="spatial", deprecated="interpolate", saves=""),
    network("upsample_bilinear", shape="spatial", deprecated="interpolate", saves=""),
    network("upsample_nearest", shape="spatial", deprecated="interpolate", saves=""),
    dropout("alpha_dropout"),
    dropout("dropout"),
    dropout("dropout1d"),
    dropout("dropout2d"),
    dropout("dropout3d"),
    dropout("feature_alpha_dropout"),
    dropout("feature_dropout"),
    layout("channel_shuffle", shape="same", elements="moved"),
    layout("constant_pad_nd", shape="same rank"),
    layout("pad", shape="same rank"),
    layout("pixel_shuffle", elements="moved"),
    layout("pixel_unshuffle", elements="moved"),
    convolution("conv1d", raises="bool", affine=True),
    convolution("conv2d", raises="bool", affine=True),
    convolution("conv3d", raises="bool", affine=True),
    convolution("conv_transpose1d", affine=True),
    convolution("conv_transpose2d", affine=True),
    convolution("conv_transpose3d", affine=True),
)
