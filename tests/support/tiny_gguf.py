#!/usr/bin/env python3
"""Writes a tiny language model with random weights as GGUF: llama-server loads it at once and babbles.

  tiny_gguf.py OUT.gguf [SEED]

Two layers of 64, a vocabulary of bytes and three control tokens, ChatML-like template. The same seed gives the same
bytes. Layout: GGUF version 3 (ggml's docs/gguf.md).
"""
import random
import struct
import sys

ALIGNMENT = 32
EMBEDDING, FEED_FORWARD, HEADS, LAYERS, CONTEXT = 64, 128, 4, 2, 8192
UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9
TEMPLATE = ("{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\n' }}{% endfor %}"
            "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}")


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def scalar(kind, value):
    if kind == STRING:
        return text(value)
    return struct.pack({UINT32: "<I", INT32: "<i", FLOAT32: "<f"}[kind], value)


def field(key, kind, value):
    return text(key) + struct.pack("<I", kind) + scalar(kind, value)


def array_field(key, kind, values):
    return (text(key) + struct.pack("<IIQ", ARRAY, kind, len(values)) +
            b"".join(scalar(kind, value) for value in values))


def vocabulary():
    # (text, type): 2 unknown, 3 control, 6 byte
    return [("<unk>", 2), ("<s>", 3), ("</s>", 3)] + [(f"<0x{i:02X}>", 6) for i in range(256)]


def fields():
    tokens = vocabulary()
    return [
        field("general.architecture", STRING, "llama"),
        field("general.name", STRING, "tiny-random"),
        field("llama.vocab_size", UINT32, len(tokens)),
        field("llama.context_length", UINT32, CONTEXT),
        field("llama.embedding_length", UINT32, EMBEDDING),
        field("llama.block_count", UINT32, LAYERS),
        field("llama.feed_forward_length", UINT32, FEED_FORWARD),
        field("llama.rope.dimension_count", UINT32, EMBEDDING // HEADS),
        field("llama.attention.head_count", UINT32, HEADS),
        field("llama.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5),
        field("tokenizer.ggml.model", STRING, "llama"),
        array_field("tokenizer.ggml.tokens", STRING, [name for name, _ in tokens]),
        array_field("tokenizer.ggml.scores", FLOAT32, [0.0] * len(tokens)),
        array_field("tokenizer.ggml.token_type", INT32, [kind for _, kind in tokens]),
        field("tokenizer.ggml.unknown_token_id", UINT32, 0),
        field("tokenizer.ggml.bos_token_id", UINT32, 1),
        field("tokenizer.ggml.eos_token_id", UINT32, 2),
        field("tokenizer.chat_template", STRING, TEMPLATE),
    ]


def shapes():
    size = len(vocabulary())
    yield "token_embd.weight", (EMBEDDING, size)
    yield "output_norm.weight", (EMBEDDING,)
    yield "output.weight", (EMBEDDING, size)
    for layer in range(LAYERS):
        prefix = f"blk.{layer}."
        yield prefix + "attn_norm.weight", (EMBEDDING,)
        yield prefix + "ffn_norm.weight", (EMBEDDING,)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"{prefix}{name}.weight", (EMBEDDING, EMBEDDING)
        yield prefix + "ffn_gate.weight", (EMBEDDING, FEED_FORWARD)
        yield prefix + "ffn_up.weight", (EMBEDDING, FEED_FORWARD)
        yield prefix + "ffn_down.weight", (FEED_FORWARD, EMBEDDING)


def padded(data):
    return data + b"\0" * (-len(data) % ALIGNMENT)


def main(arguments):
    if not 1 <= len(arguments) <= 2 or arguments[0].startswith("-"):
        raise SystemExit(__doc__)
    dice = random.Random(int(arguments[1]) if len(arguments) == 2 else 1)
    infos, data = b"", b""
    count = 0
    for name, shape in shapes():
        elements = 1
        for dimension in shape:
            elements *= dimension
        if len(shape) == 1:
            values = [1.0] * elements
        else:
            values = [dice.uniform(-0.5, 0.5) for _ in range(elements)]
        infos += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        infos += struct.pack("<IQ", 0, len(data))  # type F32, offset
        data += padded(struct.pack(f"<{elements}f", *values))
        count += 1
    metadata = fields()
    header = b"GGUF" + struct.pack("<IQQ", 3, count, len(metadata)) + b"".join(metadata) + infos
    with open(arguments[0], "wb") as f:
        f.write(padded(header) + data)


if __name__ == "__main__":
    main(sys.argv[1:])
