"""A boolean attention mask the wrong way round: what is to be seen is hidden, and the reverse.

## What it does
Finds masks of known origin that mean the opposite of what they are given to. `scaled_dot_product_attention` attends
where `attn_mask` is True: it is reported with `triu(ones, 1)` and with `ids == pad`. `nn.MultiheadAttention` and the
Transformer layers leave out what is True in `attn_mask`, `src_mask`, `key_padding_mask` and others: they are reported
with `tril(ones)`, with `ids != pad` and with the `attention_mask` of a tokenizer. Seen through `~`, `== 0`, `1 - mask`,
casts, slices and buffers, and in what `&` makes of two masks that keep, `|` of two that drop.

Silent for masks of floats, which are added to the scores, and for all whose origin is not known.

## Why is this bad?
With a causal mask turned round, each token sees its future and not its past: the loss of a language model drops to
almost nothing, and what it generates is noise. With a padding mask turned round, attention goes to the padding alone.
Rows that are masked altogether become NaN.

## Example
```python
mask = torch.triu(torch.ones(n, n), diagonal=1).bool()
out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
```
Use instead:
```python
mask = torch.tril(torch.ones(n, n)).bool()
out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
```

## Fix safety
The fix negates the mask with `~`. It changes what is computed, which is its purpose, so it is unsafe.

## When not to use it
Turn it off for models that look into the future on purpose, such as one that reads backwards.

## References
- [scaled_dot_product_attention](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html)
- [torch.nn.MultiheadAttention](https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, Changes, Check, Frame, Masks, Op, Problem, is_test, units

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_TRANSFORMERS = ("TransformerEncoder", "TransformerDecoder", "TransformerEncoderLayer", "TransformerDecoderLayer")
# Arguments of which True leaves out; those that `MultiheadAttention` takes by position.
_DROPPING = (
    *("attn_mask", "src_mask", "tgt_mask", "mask"),
    *("key_padding_mask", "src_key_padding_mask", "tgt_key_padding_mask", "memory_key_padding_mask"),
)
_POSITIONS = {"arg3": "key_padding_mask", "arg5": "attn_mask"}
_SHOWS = {
    Masks.FUTURE: "the tokens after each one",
    Masks.PADDING: "the padding",
    Masks.DROPPED: "what its parts leave out",
}
_HIDES = {
    Masks.PAST: "the tokens before each one",
    Masks.TOKENS: "all tokens but the padding",
    Masks.KEPT: "what its parts keep",
}


class AttentionMaskPolarity(Check):
    code = "TLT120"
    since = "0.2"
    related = ("TLT213", "TLT611")
    severity = ERROR
    message = "The attention mask is the wrong way round"
    title = "Negate the mask"
    help = "Negate the mask with `~`"
    ops = ("scaled_dot_product_attention", "MultiheadAttention", "Transformer", *_TRANSFORMERS)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        keeps = op.name == "scaled_dot_product_attention"
        names = ("attn_mask",) if keeps else (*_DROPPING, *(_POSITIONS if op.name == "MultiheadAttention" else ()))
        for name in names:
            mask, node = op.args.get(name), op.nodes.get(name)
            if mask is None or op.node is None or not units.is_boolean(mask):
                continue
            found = units.masks.of(mask)
            if found is None or found.keeps is None or found.keeps is keeps:
                continue
            yield Problem(op.node, _message(found, _POSITIONS.get(name, name)), _negated(node), Changes("`~mask`"))


def _message(found: Masks, name: str) -> str:
    if found in _SHOWS:
        return f"`{name}` of this function is True where attention goes to: it shows {_SHOWS[found]} and hides the rest"
    return f"`{name}` of this layer is True where nothing is attended to: it hides {_HIDES[found]}"


def _negated(node: ast.expr | None) -> Callable[[Editor], None] | None:
    """A fix that negates a mask, or takes its negation away."""
    if node is None:
        return None

    def fix(editor: Editor) -> None:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            editor.replace(node, editor.text(node.operand), [node.operand])
        elif isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
            editor.replace(node, f"~{editor.text(node)}", [node])
        else:
            editor.replace(node, f"~({editor.text(node)})", [node])

    return fix
