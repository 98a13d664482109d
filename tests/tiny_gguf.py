"""A llama of a few thousand random weights as a GGUF file: a real model that llama.cpp serves, and says gibberish.

    python -m tests.tiny_gguf PATH [SEED]

Its vocabulary is the 256 bytes and some syllables, so that whatever it draws is text; it knows no end of its own and
runs into every limit.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
from gguf import GGUFWriter, TokenType

DIMS, HIDDEN, LAYERS, HEADS, CONTEXT = 32, 64, 2, 4, 1024
SYLLABLES = tuple("".join(parts) for parts in product("bdfglmnprst", "aeiou"))


def vocabulary() -> list[tuple[bytes, float, TokenType]]:
    """(token, score, type): the three special tokens, every byte, and syllables with and without a blank before."""
    special = [
        (b"<unk>", 0.0, TokenType.UNKNOWN),
        (b"<s>", 0.0, TokenType.CONTROL),
        (b"</s>", 0.0, TokenType.CONTROL),
    ]
    single = [(f"<0x{byte:02X}>".encode(), 0.0, TokenType.BYTE) for byte in range(256)]
    spoken = [*SYLLABLES, *("\u2581" + syllable for syllable in SYLLABLES), ".", "\u2581"]
    return [*special, *single, *((text.encode(), -float(at), TokenType.NORMAL) for at, text in enumerate(spoken))]


def write(path: Path, *, rng_seed: int = 0) -> None:
    """Write the model; the same seed gives the same bytes."""
    rng, tokens = np.random.default_rng(rng_seed), vocabulary()
    writer = GGUFWriter(path, "llama")
    writer.add_name("gibberish")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(DIMS)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(DIMS // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token for token, _, _ in tokens])
    writer.add_token_scores([score for _, score, _ in tokens])
    writer.add_token_types([kind for _, _, kind in tokens])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)

    def add(name: str, *shape: int) -> None:
        weights = np.ones(shape) if len(shape) == 1 else rng.normal(0.0, shape[-1] ** -0.5, shape)
        writer.add_tensor(name, weights.astype(np.float32))

    add("token_embd.weight", len(tokens), DIMS)
    for layer in range(LAYERS):
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{part}.weight", DIMS, DIMS)
        add(f"blk.{layer}.ffn_gate.weight", HIDDEN, DIMS)
        add(f"blk.{layer}.ffn_up.weight", HIDDEN, DIMS)
        add(f"blk.{layer}.ffn_down.weight", DIMS, HIDDEN)
        add(f"blk.{layer}.attn_norm.weight", DIMS)
        add(f"blk.{layer}.ffn_norm.weight", DIMS)
    add("output_norm.weight", DIMS)
    output = rng.normal(0.0, DIMS**-0.5, (len(tokens), DIMS))
    # Bytes are rare, or hardly an answer would be UTF-8, and no end is ever drawn.
    output[3:259] *= 0.2
    output[2] *= 0.0
    writer.add_tensor("output.weight", output.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]), rng_seed=int(sys.argv[2]) if len(sys.argv) > 2 else 0)
