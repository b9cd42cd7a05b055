"""Reads the vocabulary of a GGUF file, and writes a model of random weights with the same one."""

from __future__ import annotations

import os
import random
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

UINT32, FLOAT32, STRING, ARRAY = 4, 6, 8, 9
SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?",
           10: "<Q", 11: "<q", 12: "<d"}
F32, Q8_0 = 0, 8
MOSTLY_Q8_0 = 7
ALIGNMENT = 32
BLOCK_WEIGHTS, BLOCK_BYTES = 32, 34


@dataclass(frozen=True)
class Field:
    """One key of the metadata: its value, and its bytes from the type on."""

    value: Any
    encoded: bytes


def read_metadata(path: Path) -> dict[str, Field]:
    with path.open("rb") as file:
        magic, version, _, count = struct.unpack("<4sIQQ", file.read(24))
        if magic != b"GGUF" or version != 3:
            raise ValueError(f"{path} is no GGUF file of version 3")
        fields = {}
        for _ in range(count):
            key = _read_string(file)
            start = file.tell()
            value = _read_value(file, _read_scalar(file, UINT32))
            end = file.tell()
            file.seek(start)
            fields[key] = Field(value, file.read(end - start))
        return fields


def _read_scalar(file: BinaryIO, kind: int):
    layout = SCALARS[kind]
    return struct.unpack(layout, file.read(struct.calcsize(layout)))[0]


def _read_string(file: BinaryIO) -> str:
    return file.read(struct.unpack("<Q", file.read(8))[0]).decode()


def _read_value(file: BinaryIO, kind: int) -> Any:
    if kind == STRING:
        return _read_string(file)
    if kind == ARRAY:
        element, count = struct.unpack("<IQ", file.read(12))
        return [_read_value(file, element) for _ in range(count)]
    return _read_scalar(file, kind)


@dataclass(frozen=True)
class Shape:
    """A llama-style transformer of about 27 million parameters, small vocabulary included."""

    width: int = 512
    layers: int = 8
    heads: int = 8
    kv_heads: int = 8
    ffn: int = 1408
    context: int = 2048

    @property
    def head_width(self) -> int:
        return self.width // self.heads


def write_random_model(path: Path, vocabulary_of: Path, seed: int, shape: Shape = Shape()) -> int:
    """Writes the model whole or not at all; returns its number of parameters."""
    source = read_metadata(vocabulary_of)
    tensors = _tensors(shape, len(source["tokenizer.ggml.tokens"].value))
    fields = _metadata(shape, source)
    infos, offset = [], 0
    for name, dims in tensors:
        kind = Q8_0 if len(dims) == 2 else F32
        infos.append(_string(name) + struct.pack(
            f"<I{len(dims)}QIQ", len(dims), *dims, kind, offset))
        offset += _padded(_size(dims))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields)) + b"".join(fields + infos)
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    with partial.open("wb") as file:
        file.write(head + bytes(_padded(len(head)) - len(head)))
        source_of_bytes = random.Random(seed)
        for _, dims in tensors:
            data = _random_weights(dims, source_of_bytes)
            file.write(data + bytes(_padded(len(data)) - len(data)))
    partial.replace(path)
    return sum(_product(dims) for _, dims in tensors)


def _tensors(shape: Shape, vocabulary: int) -> list[tuple[str, tuple[int, ...]]]:
    width, kv_width = shape.width, shape.kv_heads * shape.head_width
    tensors: list[tuple[str, tuple[int, ...]]] = [
        ("token_embd.weight", (width, vocabulary)), ("output_norm.weight", (width,)),
        ("output.weight", (width, vocabulary))]
    for layer in range(shape.layers):
        tensors += [(f"blk.{layer}.{name}.weight", dims) for name, dims in (
            ("attn_norm", (width,)), ("attn_q", (width, width)), ("attn_k", (width, kv_width)),
            ("attn_v", (width, kv_width)), ("attn_output", (width, width)),
            ("ffn_norm", (width,)), ("ffn_gate", (width, shape.ffn)),
            ("ffn_up", (width, shape.ffn)), ("ffn_down", (shape.ffn, width)))]
    return tensors


def _metadata(shape: Shape, source: dict[str, Field]) -> list[bytes]:
    numbers = {
        "vocab_size": len(source["tokenizer.ggml.tokens"].value),
        "context_length": shape.context, "embedding_length": shape.width,
        "block_count": shape.layers, "feed_forward_length": shape.ffn,
        "attention.head_count": shape.heads, "attention.head_count_kv": shape.kv_heads,
        "rope.dimension_count": shape.head_width}
    fields = [
        _string("general.architecture") + struct.pack("<I", STRING) + _string("llama"),
        _string("general.name") + struct.pack("<I", STRING) + _string("Random weights"),
        _string("general.file_type") + struct.pack("<II", UINT32, MOSTLY_Q8_0)]
    fields += [_string(f"llama.{key}") + struct.pack("<II", UINT32, value)
               for key, value in numbers.items()]
    fields += [_string(f"llama.{key}") + struct.pack("<If", FLOAT32, value)
               for key, value in (("attention.layer_norm_rms_epsilon", 1e-5),
                                  ("rope.freq_base", 10000.0))]
    return fields + [_string(key) + field.encoded for key, field in source.items()
                     if key.startswith("tokenizer.")]


def _random_weights(dims: tuple[int, ...], source: random.Random) -> bytes:
    """Norms of 1; matrices of uniform weights whose products keep the size of their input."""
    if len(dims) == 1:
        return struct.pack("<f", 1.0) * dims[0]
    data = bytearray(source.randbytes(_size(dims)))
    # Uniform bytes have a standard deviation of 256 / sqrt(12).
    scale = struct.pack("<e", 12 ** 0.5 / 256 / dims[0] ** 0.5)
    data[0::BLOCK_BYTES] = scale[:1] * (len(data) // BLOCK_BYTES)
    data[1::BLOCK_BYTES] = scale[1:] * (len(data) // BLOCK_BYTES)
    return bytes(data)


def _size(dims: tuple[int, ...]) -> int:
    if len(dims) == 1:
        return 4 * dims[0]
    return _product(dims) // BLOCK_WEIGHTS * BLOCK_BYTES


def _product(dims: tuple[int, ...]) -> int:
    product = 1
    for dim in dims:
        product *= dim
    return product


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data
