"""What operations are called with to see whether their rows are right.

`x(3, 4)` is a tensor of the dtype in question, `pos` one of numbers above 1, `u` one of numbers in [0, 1], `f` a
floating-point one, `p` a positive one, `i` one of indices below `n`, `b` a mask, `sign` one of -1 and 1, `square` an
invertible matrix, `spd` a positive definite one. Operations that are not listed are called by their signature: tensors
are `x(3, 4)`, dims and other integers are 1.
Several calls of an operation are separated by `;`.
"""

from __future__ import annotations


def _table(text: str) -> dict[str, tuple[str, ...]]:
    rows = (line.partition(":") for line in text.strip().splitlines())
    return {
        name: tuple(call.strip() for call in calls.split(";")) for names, _, calls in rows for name in names.split()
    }


CALLS = _table(
    """
adaptive_avg_pool1d adaptive_max_pool1d: x(2, 3, 8), 4
adaptive_avg_pool2d adaptive_max_pool2d: x(2, 3, 8, 8), 4
adaptive_avg_pool3d adaptive_max_pool3d: x(2, 3, 4, 4, 4), 2
mvlgamma: pos(3, 4), 1
polygamma: 1, x(3, 4)
clamp movedim select transpose: x(3, 4), 0, 1
clamp_max clamp_min unsqueeze: x(3, 4), 0
prelu: x(2, 3, 4), x(3)
rrelu: x(3, 4), 0.1, 0.3, True
threshold: x(3, 4), 0.1, 2
renorm: x(3, 4), 2, 0, 1.0
inner mv: x(3, 4), x(4)
add sub rsub mul div atan2 copysign floor_divide fmax fmin fmod heaviside logaddexp: x(3, 4), x(4); x(4), x(3, 4)
maximum minimum logaddexp2 remainder nextafter xlog1py eq ne lt le gt ge isclose: x(3, 4), x(4); x(4), x(3, 4)
logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor: x(3, 4), x(4); x(4), x(3, 4)
add_ sub_ mul_ div_ atan2_ copysign_ floor_divide_ fmod_ heaviside_ remainder_ nextafter_: x(3, 4), x(4)
eq_ ne_ lt_ le_ gt_ ge_ logical_and_ logical_or_ logical_xor_ bitwise_and_ bitwise_or_ bitwise_xor_: x(3, 4), x(4)
float_power kthvalue topk repeat_interleave full_like fill: x(3, 4), 2
hypot ldexp xlogy zeta gcd lcm allclose linalg.vecdot huber_loss kl_div l1_loss mse_loss: x(3, 4), x(3, 4)
smooth_l1_loss cosine_similarity pairwise_distance: x(3, 4), x(3, 4)
igamma igammac: pos(3, 4), pos(3, 4)
pow: x(3, 4), 2; x(3, 4), 3
bitwise_left_shift bitwise_right_shift: x(3, 4), 1
addcdiv addcmul: x(3, 4), x(3, 4), x(4)
lerp triplet_margin_loss triplet_margin_with_distance_loss: x(3, 4), x(3, 4), x(3, 4)
where: b(3, 4), x(3, 4), x(4)
complex equal result_type is_same_size is_set_to: x(3), x(3)
polar: pos(3), x(3)
nanquantile quantile: x(3, 4), 0.5
frobenius_norm: x(3, 4), (0, 1)
bincount: i(6, n=4)
bucketize: x(3, 4), f(5).sort().values
histogram unique: x(6)
searchsorted: f(5).sort().values, x(3, 4)
gradient: x(5)
isin: x(3, 4), x(2)
segment_reduce: x(6), 'sum', lengths=torch.tensor([2, 4])
as_strided: x(3, 4), (2, 2), (1, 2)
broadcast_to: x(4), (3, 4)
chunk split tensor_split: x(4, 4), 2
dsplit: x(2, 3, 4), 2
expand: x(4), 3, 4
expand_as: x(4), x(3, 4)
flatten: x(3, 4); x(3, 2, 2), 1
hsplit: x(2, 4), 2
narrow narrow_copy: x(3, 4), 1, 0, 2
permute: x(3, 4), (1, 0)
reshape: x(3, 4), (-1, ); x(3, 4), (3, 2, 2)
reshape_as view_as resize_as: x(3, 4), x(12)
split_with_sizes unsafe_split_with_sizes: x(4, 4), [1, 3]
unsafe_chunk unsafe_split: x(4, 4), 2
to_dense: x(3, 4)
linalg.ldl_factor_ex: spd(3)
linalg.lu_factor_ex: square(3)
linalg.solve_ex: square(3), x(3, 2)
squeeze: x(3, 1, 4); x(3, 1, 4), 1
unflatten: x(3, 4), 1, (2, 2)
unfold: x(3, 4), 1, 2, 1
view: x(3, 4), 12
view_as_complex: x(3, 2)
vsplit: x(4, 2), 2
broadcast_tensors: x(3, 1), x(4)
meshgrid: x(3), x(4), indexing='ij'
block_diag: x(2, 2), x(3, 3)
cartesian_prod: x(2), x(3); x(3)
cat: [x(3, 4), x(2, 4)]
column_stack dstack hstack vstack: [x(3), x(3)]
combinations vander linalg.vander: x(4)
diag: x(4); x(4, 4)
flip: x(3, 4), (0, ); x(3, 4), ()
kron: x(2, 2), x(2, 2)
repeat: x(3, 4), 2, 1
roll: x(3, 4), 1; x(3, 4), 0
stack: [x(3, 4), x(3, 4)]
tile: x(3, 4), (2, 1); x(3, 4), (1,)
unravel_index: i(3, n=12), (3, 4)
tril_indices triu_indices: 3, 3
sum_to_size: x(3, 4), 1, 4; x(3, 4), 3, 4
as_strided_scatter: x(3, 4), x(2, 2), (2, 2), (1, 2)
diagonal_scatter: x(4, 4), x(4)
gather: x(3, 4), 1, i(3, 2, n=4)
index_select: x(3, 4), 0, i(2, n=3)
masked_select: x(3, 4), b(3, 4)
nonzero_static: x(3, 4), size=3
select_scatter: x(3, 4), x(4), 0, 1
slice_scatter: x(3, 4), x(1, 4), 0, 1, 2
take: x(3, 4), i(5, n=12)
take_along_dim: x(3, 4), i(3, 1, n=4), 1
one_hot: i(4, n=3)
index_add: x(3, 4), 0, i(2, n=3), x(2, 4)
index_copy: x(3, 4), 0, torch.tensor([2, 0]), x(2, 4)
index_fill: x(3, 4), 0, i(2, n=3), 1
index_put: x(3, 4), (i(2, n=3), ), x(4)
index_reduce: x(3, 4), 0, i(2, n=3), x(2, 4), 'prod'
masked_fill: x(3, 4), b(3, 4), 1
masked_scatter: x(3, 4), b(3, 4), x(3, 4)
put: x(3, 4), i(2, n=12), x(2)
scatter scatter_add: x(3, 4), 1, i(3, 2, n=4), x(3, 2)
scatter_reduce: x(3, 4), 1, i(3, 2, n=4), x(3, 2), 'sum'
arange: 5
eye: 3
linspace logspace: 0, 1, 5
randperm: 6
range: 0, 4
as_tensor asarray storage_offset get_device is_tensor: x(3)
from_numpy: f(3).numpy()
new_tensor: x(3, 4), [1.0, 2.]
scalar_tensor: 2.0
tensor: [1.0, 2.0]
sparse_coo_tensor: [[0, 1]], x(2)
empty ones rand randn zeros: 3, 4
empty_permuted: (2, 3), (0, 1)
empty_strided: (2, 3), (3, 1)
full: (2, 3), 2.5
normal: 0.0, 1.0, (3, 4)
randint: 5, (3, 4)
randint_like: x(3, 4), 5
new_empty new_ones new_zeros: x(3, 4), (2, 3)
new_empty_strided: x(3, 4), (2, 3), (3, 1)
new_full: x(3, 4), (2, 3), 2
bernoulli: u(3, 4)
binomial: pos(3, 4), u(3, 4)
multinomial: pos(3, 4), 2
poisson: pos(3, 4)
to type: x(3, 4), torch.float64; x(3, 4), torch.int32
type_as: x(3, 4), f(1).double()
item: x(1).squeeze()
as_subclass: x(3), torch.Tensor
retain_grad: f(3).requires_grad_() * 2
backward: f(3).requires_grad_().sum()
register_hook: f(3).requires_grad_(), print
promote_types can_cast: torch.int32, torch.float32
finfo: torch.float32
iinfo: torch.int32
broadcast_shapes: (3, 1), (4, )
is_nonzero: x(1)
addbmm: x(3, 4), x(2, 3, 5), x(2, 5, 4)
addmm: x(3, 4), x(3, 5), x(5, 4)
addmv: x(3), x(3, 5), x(5)
addr: x(3, 4), x(3), x(4)
baddbmm: x(2, 3, 4), x(2, 3, 5), x(2, 5, 4)
bmm: x(2, 3, 4), x(2, 4, 5)
matmul mm: x(3, 4), x(4, 5)
chain_matmul: x(3, 4), x(4, 5); x(3, 4)
cross linalg.cross: x(4, 3), x(4, 3)
dot vdot: x(4), x(4)
einsum: 'ij, jk->ik', x(3, 4), x(4, 5); 'ij->ji', x(3, 4)
outer: x(3), x(4)
tensordot: x(3, 4), x(4, 5), 1
linalg.multi_dot: [x(3, 4), x(4, 5)]
cdist linear: x(3, 4), x(5, 4)
cholesky cholesky_inverse linalg.cholesky linalg.cholesky_ex linalg.eigh linalg.eigvalsh linalg.ldl_factor: spd(3)
logdet: spd(3)
cholesky_solve: x(3, 2), spd(3)
det inverse linalg.cond linalg.eig linalg.eigvals linalg.inv_ex linalg.lu linalg.lu_factor lu: square(3)
matrix_exp slogdet: square(3)
linalg.lstsq: square(3), x(3, 2)
linalg.lu_solve: *torch.linalg.lu_factor(square(3)), x(3, 2)
linalg.solve: square(3), x(3, 2)
linalg.solve_triangular: square(3), x(3, 2), upper=True
linalg.tensorinv: square(4).reshape(4, 2, 2), 1
linalg.tensorsolve: square(4).reshape(2, 2, 4), x(2, 2)
lu_solve: x(3, 2), *torch.linalg.lu_factor(square(3))
lu_unpack: *torch.linalg.lu_factor(square(3))
matrix_power: square(3), 2
triangular_solve: x(3, 2), square(3)
fft.fftfreq fft.rfftfreq: 4
fft.hfft2 fft.ihfft2: x(4, 4)
stft: x(64), 16, return_complex=True, window=torch.ones(16)
istft: torch.stft(f(64), 16, return_complex=True, window=torch.ones(16)), 16, window=torch.ones(16)
binary_cross_entropy: u(3, 4), u(3, 4)
binary_cross_entropy_with_logits multilabel_soft_margin_loss: x(3, 4), u(3, 4)
cosine_embedding_loss: x(3, 4), x(3, 4), sign(3)
cross_entropy multi_margin_loss nll_loss: x(3, 4), i(3, n=4)
ctc_loss: f(8, 2, 5).log_softmax(2), i(2, 3, n=4) + 1, torch.full((2, ), 8), torch.full((2, ), 3)
gaussian_nll_loss: x(3, 4), x(3, 4), pos(3, 4)
hinge_embedding_loss soft_margin_loss: x(3, 4), sign(3, 4)
margin_ranking_loss: x(3), x(3), sign(3)
multilabel_margin_loss: x(3, 4), i(3, 4, n=4)
poisson_nll_loss: x(3, 4), p(3, 4)
avg_pool1d max_pool1d: x(2, 3, 8), 2
avg_pool2d max_pool2d: x(2, 3, 8, 8), 2
avg_pool3d max_pool3d: x(2, 3, 4, 4, 4), 2
fractional_max_pool2d: x(2, 3, 8, 8), 3, output_size=5
lp_pool1d: x(2, 3, 8), 2.0, 2
lp_pool2d: x(2, 3, 8, 8), 2.0, 2
lp_pool3d: x(2, 3, 4, 4, 4), 2.0, 2
max_unpool1d: *F.max_pool1d(x(2, 3, 8), 2, return_indices=True), 2
max_unpool2d: *F.max_pool2d(x(2, 3, 8, 8), 2, return_indices=True), 2
max_unpool3d: *F.max_pool3d(x(2, 3, 4, 4, 4), 2, return_indices=True), 2
affine_grid: x(2, 2, 3), (2, 3, 4, 4)
batch_norm: x(4, 3), f(3), p(3)
bilinear: x(2, 3), x(2, 4), x(5, 3, 4)
embedding embedding_bag: i(2, 3, n=5), f(5, 4)
fold: x(2, 12, 4), (3, 3), (2, 2)
grid_sample: x(2, 3, 4, 4), u(2, 5, 5, 2)
group_norm local_response_norm: x(2, 4, 3), 2
instance_norm: x(2, 3, 8)
interpolate upsample upsample_bilinear upsample_nearest: x(2, 3, 4, 4), scale_factor=2
layer_norm rms_norm: x(3, 4), (4, )
nn.functional.unfold: x(2, 3, 4, 4), 2
scaled_dot_product_attention: x(2, 3, 4), x(2, 3, 4), x(2, 3, 4), None, 0.5
alpha_dropout dropout: x(3, 4), 0.5, True; x(3, 4), 0.5, False
dropout1d: x(2, 3, 4), 0.5, True; x(2, 3, 4), 0.5, False
dropout2d feature_alpha_dropout feature_dropout: x(2, 3, 4, 4), 0.5, True; x(2, 3, 4, 4), 0.5, False
dropout3d: x(2, 3, 4, 4, 4), 0.5, True; x(2, 3, 4, 4, 4), 0.5, False
channel_shuffle pixel_shuffle: x(2, 4, 3, 3), 2; x(2, 4, 3, 3), 1
constant_pad_nd pad: x(3, 4), (1, 1); x(3, 4), (0, 0)
pixel_unshuffle: x(2, 1, 4, 4), 2
conv1d: x(2, 3, 8), x(4, 3, 3)
conv2d: x(2, 3, 8, 8), x(4, 3, 3, 3)
conv3d: x(2, 3, 4, 4, 4), x(4, 3, 3, 3, 3)
conv_transpose1d: x(2, 3, 8), x(3, 4, 3)
conv_transpose2d: x(2, 3, 8, 8), x(3, 4, 3, 3)
conv_transpose3d: x(2, 3, 4, 4, 4), x(3, 4, 3, 3, 3)
polygamma_: x(3, 4), 1
std std_mean var var_mean nuclear_norm linalg.pinv linalg.matrix_rank normal_ uniform_ random_ bernoulli_: x(3, 4)
half: x(3, 4); x(3, 4).half()
bfloat16: x(3, 4); x(3, 4).bfloat16()
long: x(3, 4); x(3, 4).long()
short: x(3, 4); x(3, 4).short()
byte: x(3, 4); x(3, 4).byte()
char: x(3, 4); x(3, 4).char()
geometric_: x(3, 4), 0.5
resize_: x(3, 4), (12,)
set_: x(3, 4), x(2)
apply_: f(3, 4), abs
map_: f(3, 4), f(3, 4), max
device: "cpu"
nn.init.constant_ nn.init.constant: x(3, 4), 1.0
nn.init.dirac_ nn.init.dirac: x(3, 3, 3)
nn.init.sparse_ nn.init.sparse: x(3, 4), 0.5
nn.init.eye nn.init.kaiming_normal nn.init.kaiming_uniform nn.init.normal nn.init.orthogonal nn.init.uniform: x(3, 4)
nn.init.xavier_normal nn.init.xavier_uniform: x(3, 4)
"""
)
