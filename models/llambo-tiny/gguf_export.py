"""Writes a trained model as one GGUF version 3 file, its matrices in Q8_0."""

import struct

import numpy as np

F32, Q8_0 = 0, 8
UINT32, FLOAT32, BOOL, STRING, ARRAY, INT32 = 4, 6, 7, 8, 9, 5
ALIGNMENT = 32
MOSTLY_Q8_0 = 7
NORMAL_TOKEN, CONTROL_TOKEN = 1, 3

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def _string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(kind, value):
    if kind == STRING:
        return _string(value)
    return struct.pack({UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}[kind], value)


def _field(key, kind, value):
    return _string(key) + struct.pack("<I", kind) + _value(kind, value)


def _array(key, kind, values):
    head = _string(key) + struct.pack("<IIQ", ARRAY, kind, len(values))
    return head + b"".join(_value(kind, v) for v in values)


def quantize_q8_0(matrix):
    """Blocks of 32 weights: a half-precision scale, then 32 signed bytes."""
    blocks = matrix.astype(np.float32).reshape(-1, 32)
    scale = np.abs(blocks).max(axis=1) / 127
    inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
    packed = np.empty(len(blocks), dtype=[("scale", "<f2"), ("weights", "i1", 32)])
    packed["scale"] = scale
    packed["weights"] = np.rint(blocks * inverse[:, None])
    return packed.tobytes()


def metadata(shape, tokenizer, size_label):
    kinds = [NORMAL_TOKEN] * len(tokenizer.tokens)
    for control in tokenizer.controls:
        kinds[control] = CONTROL_TOKEN
    return [
        _field("general.architecture", STRING, "llama"),
        _field("general.type", STRING, "model"),
        _field("general.name", STRING, "Llambo Tiny"),
        _field("general.basename", STRING, "llambo-tiny"),
        _field("general.author", STRING, "Llambo contributors"),
        _field("general.license", STRING, "MIT"),
        _field("general.size_label", STRING, size_label),
        _field("general.description", STRING,
               "A tiny chat model that explains Llambo, clusters and language models; made for demonstrations."),
        _array("general.languages", STRING, ["en"]),
        _array("general.tags", STRING, ["text-generation", "demonstration"]),
        _field("general.quantization_version", UINT32, 2),
        _field("general.file_type", UINT32, MOSTLY_Q8_0),
        _field("llama.vocab_size", UINT32, shape.vocab),
        _field("llama.context_length", UINT32, shape.context),
        _field("llama.embedding_length", UINT32, shape.width),
        _field("llama.block_count", UINT32, shape.layers),
        _field("llama.feed_forward_length", UINT32, shape.ffn),
        _field("llama.attention.head_count", UINT32, shape.heads),
        _field("llama.attention.head_count_kv", UINT32, shape.kv_heads),
        _field("llama.attention.layer_norm_rms_epsilon", FLOAT32, shape.epsilon),
        _field("llama.rope.dimension_count", UINT32, shape.head_width),
        _field("llama.rope.freq_base", FLOAT32, shape.rope_base),
        _field("tokenizer.ggml.model", STRING, "gpt2"),
        _field("tokenizer.ggml.pre", STRING, "gpt-2"),
        _array("tokenizer.ggml.tokens", STRING, tokenizer.tokens),
        _array("tokenizer.ggml.token_type", INT32, kinds),
        _array("tokenizer.ggml.merges", STRING, [f"{a} {b}" for a, b in tokenizer.merges]),
        _field("tokenizer.ggml.bos_token_id", UINT32, tokenizer.pad),
        _field("tokenizer.ggml.eos_token_id", UINT32, tokenizer.end),
        _field("tokenizer.ggml.eot_token_id", UINT32, tokenizer.end),
        _field("tokenizer.ggml.padding_token_id", UINT32, tokenizer.pad),
        _field("tokenizer.ggml.add_bos_token", BOOL, False),
        _field("tokenizer.ggml.add_eos_token", BOOL, False),
        _field("tokenizer.chat_template", STRING, CHAT_TEMPLATE),
    ]


def write(path, shape, tokenizer, weights):
    """`weights` maps llama.cpp's tensor names to arrays; without output.weight the embeddings serve twice."""
    size_label = f"{sum(w.size for w in weights.values()) / 1e6:.1f}M"
    fields = metadata(shape, tokenizer, size_label)
    infos, body = [], bytearray()
    for name, weight in weights.items():
        kind, data = (Q8_0, quantize_q8_0(weight)) if weight.ndim == 2 else (F32, weight.astype("<f4").tobytes())
        dims = weight.shape[::-1]
        infos.append(_string(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, len(body)))
        body += data + bytes(-len(data) % ALIGNMENT)

    header = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(fields)) + b"".join(fields + infos)
    with open(path, "wb") as file:
        file.write(header + bytes(-len(header) % ALIGNMENT) + body)
    return size_label
