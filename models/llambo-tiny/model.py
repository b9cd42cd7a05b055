"""A llama-style transformer: RMSNorm, rotary positions, grouped-query attention, SwiGLU, tied embeddings."""

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
        mixed = self._joined(F.scaled_dot_product_attention(q, k, v, is_causal=x.shape[1] > 1, enable_gqa=True))
        return self._add(x, mixed) if wanted is None else self._add(x[wanted], mixed[wanted])

    def at(self, x, angles, places):
        """The same at one place of each sequence alone, for a small part of the work."""
        normed, rows = self.attn_norm(x), torch.arange(len(x))
        k, v = rotate(self._split(self.attn_k(normed)), angles), self._split(self.attn_v(normed))
        q = rotate(self._split(self.attn_q(normed[rows, places])[:, None]), angles[places][:, None, None])
        seen = torch.arange(x.shape[1]) <= places[:, None]
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen[:, None, None], enable_gqa=True)
        return self._add(x[rows, places], self._joined(mixed)[:, 0])

    def _split(self, x):
        return x.view(*x.shape[:2], -1, self.shape.head_width).transpose(1, 2)

    def _joined(self, mixed):
        return mixed.transpose(1, 2).flatten(2)

    def _add(self, x, mixed):
        x = x + F.dropout(self.attn_output(mixed), self.dropout, self.training)
        normed = self.ffn_norm(x)
        hidden = F.silu(self.ffn_gate(normed)) * self.ffn_up(normed)
        return x + F.dropout(self.ffn_down(hidden), self.dropout, self.training)


class Llama(nn.Module):
    def __init__(self, shape, dropout=0.0):
        super().__init__()
        self.shape, self.dropout = shape, dropout
        self.token_embd = nn.Embedding(shape.vocab, shape.width)
        self.blk = nn.ModuleList(Block(shape, dropout) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        steps = torch.arange(0, shape.head_width, 2) / shape.head_width
        angles = torch.outer(torch.arange(shape.context), shape.rope_base ** -steps)
        self.register_buffer("angles", angles, persistent=False)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                residual = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * shape.layers) ** 0.5 if residual else 0.02)

    def states(self, tokens, start=0, past=None, wanted=None):
        """The state after the lower half of the blocks, and the final one (at the `wanted` places), each normed."""
        x = F.dropout(self.token_embd(tokens), self.dropout, self.training)
        angles = self.angles[start:start + tokens.shape[1]]
        for i, block in enumerate(self.blk):
            x = block(x, angles, past[i] if past is not None else None, wanted if i + 1 == len(self.blk) else None)
            if i + 1 == self.shape.layers // 2:
                middle = F.rms_norm(x, (self.shape.width,))
        return middle, self.output_norm(x)

    def question_states(self, tokens, places):
        """The state after the lower half of the blocks at one place of each sequence, normed."""
        x = F.dropout(self.token_embd(tokens), self.dropout, self.training)
        lower = self.blk[:self.shape.layers // 2]
        for block in lower[:-1]:
            x = block(x, self.angles[:tokens.shape[1]])
        return F.rms_norm(lower[-1].at(x, self.angles[:tokens.shape[1]], places), (self.shape.width,))

    def losses(self, tokens, targets, topics, guess):
        """Cross entropy at each position that has a target, and of the topic that `guess` reads from the middle."""
        wanted, asked = targets >= 0, topics >= 0
        middle, last = self.states(tokens, wanted=wanted)
        logits = F.linear(last, self.token_embd.weight)
        return (F.cross_entropy(logits.float(), targets[wanted], reduction="none"),
                F.cross_entropy(guess(middle[asked]).float(), topics[asked]))

    @torch.inference_mode()
    def greedy(self, prompt, end, limit=120):
        past = [[] for _ in self.blk]
        step, answer, start = torch.tensor([prompt]), [], 0
        while len(answer) < limit:
            last = self.states(step, start, past)[1][0, -1]
            start += step.shape[1]
            token = int(F.linear(last, self.token_embd.weight).argmax())
            if token == end:
                break
            answer.append(token)
            step = torch.tensor([[token]])
        return answer
