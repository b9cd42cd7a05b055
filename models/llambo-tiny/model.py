"""A llama-style transformer: RMSNorm, rotary positions, grouped-query attention, SwiGLU."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Shape:
    vocab: int
    width: int = 192
    layers: int = 4
    heads: int = 3
    kv_heads: int = 1
    head_width: int = 64
    ffn: int = 448
    context: int = 2048
    rope_base: float = 10000.0
    epsilon: float = 1e-5


def rotate(x, angles):
    """Turns neighbouring pairs (0, 1), (2, 3), … as llama.cpp does for the llama architecture."""
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


def attend(q, k, v, seen):
    """Attention written out: for the backward pass of short sequences on processors, torch's own is several times slower."""
    batch, heads, queries, width = q.shape
    groups = k.shape[1]
    match = (q.reshape(batch, groups, -1, width) @ k.transpose(-1, -2)).view(batch, heads, queries, -1) * width ** -0.5
    shares = match.masked_fill(~seen, float("-inf")).softmax(-1).to(v.dtype)
    return (shares.view(batch, groups, -1, k.shape[2]) @ v).view(batch, heads, queries, width)


def dropped(x, share):
    """Drops features of each sequence, the same ones at all its places, which is quick and strict."""
    kept = x.new_ones(x.shape[0], *[1] * (x.ndim - 2), x.shape[-1])
    return x * F.dropout(kept, share)


class Block(nn.Module):
    def __init__(self, shape, dropout):
        super().__init__()
        self.shape, self.dropout = shape, dropout
        kv_width = shape.kv_heads * shape.head_width
        self.attn_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.attn_q = nn.Linear(shape.width, shape.heads * shape.head_width, bias=False)
        self.attn_k = nn.Linear(shape.width, kv_width, bias=False)
        self.attn_v = nn.Linear(shape.width, kv_width, bias=False)
        self.attn_output = nn.Linear(shape.heads * shape.head_width, shape.width, bias=False)
        self.ffn_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.ffn_gate = nn.Linear(shape.width, shape.ffn, bias=False)
        self.ffn_up = nn.Linear(shape.width, shape.ffn, bias=False)
        self.ffn_down = nn.Linear(shape.ffn, shape.width, bias=False)

    def forward(self, x, angles, past=None, wanted=None):
        """`past`, if given, is a list that holds this block's keys and values and is extended.
        With `wanted`, only the states at these places come back, as rows, which spares work."""
        normed = self.attn_norm(x)
        q, k, v = (self._split(project(normed)) for project in (self.attn_q, self.attn_k, self.attn_v))
        q, k = rotate(q, angles), rotate(k, angles)
        if past is not None:
            if past:
                k, v = torch.cat((past[0], k), dim=2), torch.cat((past[1], v), dim=2)
            past[:] = k, v
        seen = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool).tril(k.shape[2] - q.shape[2])
        mixed = self._joined(attend(q, k, v, seen))
        return self._add(x, mixed) if wanted is None else self._add(x[wanted], mixed[wanted])

    def at(self, x, angles, places):
        """The same at one place of each sequence alone, for a small part of the work."""
        normed, rows = self.attn_norm(x), torch.arange(len(x))
        k, v = rotate(self._split(self.attn_k(normed)), angles), self._split(self.attn_v(normed))
        q = rotate(self._split(self.attn_q(normed[rows, places])[:, None]), angles[places][:, None, None])
        seen = torch.arange(x.shape[1]) <= places[:, None]
        return self._add(x[rows, places], self._joined(attend(q, k, v, seen[:, None, None]))[:, 0])

    def _split(self, x):
        return x.view(*x.shape[:2], -1, self.shape.head_width).transpose(1, 2)

    def _joined(self, mixed):
        return mixed.transpose(1, 2).flatten(2)

    def _add(self, x, mixed):
        x = x + self._dropped(self.attn_output(mixed))
        normed = self.ffn_norm(x)
        hidden = F.silu(self.ffn_gate(normed)) * self.ffn_up(normed)
        return x + self._dropped(self.ffn_down(hidden))

    def _dropped(self, x):
        return dropped(x, self.dropout) if self.training else x


class Llama(nn.Module):
    def __init__(self, shape, dropout=0.0):
        super().__init__()
        self.shape, self.dropout = shape, dropout
        self.token_embd = nn.Embedding(shape.vocab, shape.width)
        self.blk = nn.ModuleList(Block(shape, dropout) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.output = nn.Linear(shape.width, shape.vocab, bias=False)
        steps = torch.arange(0, shape.head_width, 2) / shape.head_width
        angles = torch.outer(torch.arange(shape.context), shape.rope_base ** -steps)
        self.register_buffer("angles", angles, persistent=False)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                residual = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * shape.layers) ** 0.5 if residual else 0.02)

    @property
    def lower(self):
        return self.blk[:self.shape.layers // 2]

    @property
    def upper(self):
        return self.blk[self.shape.layers // 2:]

    def _embedded(self, tokens):
        x = self.token_embd(tokens)
        return dropped(x, self.dropout) if self.training else x

    def read(self, tokens, start=0, past=None):
        """The states after the lower half of the blocks, which is where the topic of a question is known."""
        x = self._embedded(tokens)
        angles = self.angles[start:start + tokens.shape[1]]
        for i, block in enumerate(self.lower):
            x = block(x, angles, past[i] if past is not None else None)
        return x

    def speak(self, x, start=0, past=None, wanted=None):
        """The final states (at the `wanted` places), normed, from what `read` gives."""
        angles = self.angles[start:start + x.shape[1]]
        for i, block in enumerate(self.upper, len(self.lower)):
            x = block(x, angles, past[i] if past is not None else None, wanted if i + 1 == len(self.blk) else None)
        return self.output_norm(x)

    def question_states(self, tokens, places):
        """What `read` gives at one place of each sequence alone, normed."""
        x = self._embedded(tokens)
        angles = self.angles[:tokens.shape[1]]
        for block in self.lower[:-1]:
            x = block(x, angles)
        return F.rms_norm(self.lower[-1].at(x, angles, places), (self.shape.width,))

    def losses(self, tokens, targets, upper_alone=False):
        """Cross entropy at each position that has a target, for the whole model or its upper half alone to learn."""
        wanted = targets >= 0
        with torch.set_grad_enabled(not upper_alone):
            middle = self.read(tokens)
        logits = self.output(self.speak(middle, wanted=wanted))
        return F.cross_entropy(logits.float(), targets[wanted], reduction="none")

    @torch.inference_mode()
    def greedy(self, prompt, end, limit=120):
        past = [[] for _ in self.blk]
        step, answer, start = torch.tensor([prompt]), [], 0
        while len(answer) < limit:
            last = self.speak(self.read(step, start, past), start, past)[0, -1]
            start += step.shape[1]
            token = int(self.output(last).argmax())
            if token == end:
                break
            answer.append(token)
            step = torch.tensor([[token]])
        return answer
