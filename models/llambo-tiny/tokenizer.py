"""A byte-level BPE tokenizer that splits text the way llama.cpp's "gpt-2" pre-tokenizer does."""

from collections import Counter, defaultdict
from functools import lru_cache
import random

import regex

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIALS = [PAD, START, END]
PIECE = regex.compile(
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
)
SPECIAL = regex.compile("(" + "|".join(map(regex.escape, SPECIALS)) + ")")


def _printable_bytes():
    """GPT-2's reversible map from each byte to one visible character."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [b for b in range(256) if b not in visible]
    return {**{b: chr(b) for b in visible}, **{b: chr(256 + i) for i, b in enumerate(hidden)}}


BYTE_TO_CHAR = _printable_bytes()
CHAR_TO_BYTE = {c: b for b, c in BYTE_TO_CHAR.items()}


def split(text):
    return ["".join(BYTE_TO_CHAR[b] for b in piece.encode()) for piece in PIECE.findall(text)]


def learn_merges(texts, count):
    """Returns the `count` most useful merges, most frequent pair first, ties in text order."""
    frequency = Counter(word for text in texts for word in split(text))
    words = [(list(word), n) for word, n in sorted(frequency.items())]
    pairs, places = Counter(), defaultdict(set)
    for index, (symbols, n) in enumerate(words):
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += n
            places[pair].add(index)

    merges = []
    while len(merges) < count:
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        if pairs[best] < 2:
            break
        merges.append(best)
        for index in places.pop(best):
            symbols, n = words[index]
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] -= n
            symbols[:] = _join(symbols, best)
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += n
                places[pair].add(index)
        del pairs[best]
    return merges


def _join(symbols, pair):
    joined, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            joined.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            joined.append(symbols[i])
            i += 1
    return joined


class Tokenizer:
    """`topics` is the number of control tokens that name a topic; no text is ever cut into one."""

    def __init__(self, merges, topics):
        self.merges = merges
        self.tokens = [BYTE_TO_CHAR[b] for b in range(256)]
        self.tokens += [left + right for left, right in merges]
        self.controls = range(len(self.tokens), len(self.tokens) + len(SPECIALS) + topics)
        self.topics = self.controls[len(SPECIALS):]
        self.tokens += SPECIALS + [f"<|topic_{i}|>" for i in range(topics)]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.rank = {pair: i for i, pair in enumerate(merges)}
        self.pad, self.start, self.end = (self.ids[token] for token in SPECIALS)
        self._cached_word = lru_cache(maxsize=1 << 17)(self._word)

    def encode(self, text, dropout=0.0, rng=random):
        """With `dropout`, each merge is skipped at random, so that one word is seen in many cuts."""
        ids = []
        for part in SPECIAL.split(text):
            if part in SPECIALS:
                ids.append(self.ids[part])
            elif part:
                for word in split(part):
                    if dropout and rng.random() < 0.3:
                        ids += self._word(word, dropout, rng)
                    else:
                        ids += self._cached_word(word)
        return ids

    def decode(self, ids):
        visible = "".join(self.tokens[i] for i in ids if i not in self.controls)
        return bytes(CHAR_TO_BYTE[c] for c in visible).decode(errors="replace")

    def _word(self, word, dropout=0.0, rng=random):
        symbols = list(word)
        while len(symbols) > 1:
            known = [p for p in zip(symbols, symbols[1:])
                     if p in self.rank and not (dropout and rng.random() < dropout)]
            if not known:
                break
            symbols = _join(symbols, min(known, key=self.rank.get))
        return tuple(self.ids[s] for s in symbols)
