"""Writes a tiny llama model with random weights: a real model file that answers gibberish, at once and for nothing.

Run by the Python that serves it, which has `gguf` and NumPy: `python tests/random_gguf.py OUT.gguf`. Two layers of 32
dimensions; a tokenizer of single bytes and a few pieces of words. The weights are drawn from a fixed seed.
"""

import sys

import gguf
import numpy as np

DIM, HIDDEN, LAYERS, HEADS, CONTEXT = 32, 64, 2, 4, 4096
PIECES = [c + v for c in "bcdfghklmnprstw" for v in "aeiou"]
UNKNOWN, BEGIN, END = 0, 1, 2


def tokens() -> tuple[list[str], list[float], list[int]]:
    """Pieces, their scores and their types: control tokens, all bytes, syllables within and at the start of a word."""
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    types = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL, *[gguf.TokenType.BYTE] * 256]
    words = [*(f"▁{piece}" for piece in PIECES), *PIECES, "▁", "."]
    scores = [0.0] * len(pieces) + [-float(place) for place in range(len(words))]
    return pieces + words, scores, [int(one) for one in [*types, *[gguf.TokenType.NORMAL] * len(words)]]


def tensors(vocabulary: int) -> dict[str, np.ndarray]:
    """{name: weights}, normal with a deviation that lets no token win."""
    rng = np.random.default_rng(7)

    def weights(*shape: int) -> np.ndarray:
        return rng.normal(0.0, 0.1, shape).astype(np.float32)

    found = {"token_embd.weight": weights(vocabulary, DIM), "output.weight": weights(vocabulary, DIM)}
    # Some texts come to an end, most go on to their limit.
    found["output.weight"][END] *= 3.0
    found["output_norm.weight"] = np.ones(DIM, np.float32)
    for layer in range(LAYERS):
        named = {f"attn_{name}": weights(DIM, DIM) for name in ("q", "k", "v", "output")}
        named |= {"ffn_gate": weights(HIDDEN, DIM), "ffn_up": weights(HIDDEN, DIM), "ffn_down": weights(DIM, HIDDEN)}
        named |= {"attn_norm": np.ones(DIM, np.float32), "ffn_norm": np.ones(DIM, np.float32)}
        found |= {f"blk.{layer}.{name}.weight": array for name, array in named.items()}
    return found


def write(path: str) -> None:
    """The model's file."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(DIM)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(DIM // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    pieces, scores, types = tokens()
    writer.add_vocab_size(len(pieces))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(pieces)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(END)
    writer.add_unk_token_id(UNKNOWN)
    for name, array in tensors(len(pieces)).items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1])
