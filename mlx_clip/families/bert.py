"""BERT and RoBERTa as text towers: what the families of Chinese, Japanese and multilingual models share.

Parameters are named as in layers.py; `renamed` says how transformers' `BertModel` calls them. Shapes: n texts, l
tokens of the longest, w the width.
"""

from dataclasses import dataclass

from mlx_clip import config as base
from mlx_clip import layers
from mlx_clip.backend import mx, nn
from mlx_clip.layers import PostNormBlock, Transformer

__all__ = ["BertModel", "TextConfig", "renamed"]

NAMES = (
    (".encoder.layer.", ".encoder.layers."),
    (".attention.self.query.", ".self_attn.q_proj."),
    (".attention.self.key.", ".self_attn.k_proj."),
    (".attention.self.value.", ".self_attn.v_proj."),
    (".attention.output.dense.", ".self_attn.out_proj."),
    (".attention.output.LayerNorm.", ".layer_norm1."),
    (".intermediate.dense.", ".mlp.fc1."),
    (".output.dense.", ".mlp.fc2."),
    (".output.LayerNorm.", ".layer_norm2."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig(base.TextConfig):
    """`pad_token_id` marks what is no part of a text; `first_position` is where the position of a text starts."""

    layer_norm_eps: float = 1e-12
    vocab_size: int = 30522
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    pad_token_id: int = 0
    first_position: int = 0


class Embeddings(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.first = config.first_position
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def __call__(self, ids: mx.array) -> mx.array:
        positions = self.position_embeddings.weight[self.first : self.first + ids.shape[1]]
        return self.LayerNorm(self.word_embeddings(ids) + positions + self.token_type_embeddings.weight[0])


class BertModel(nn.Module):
    """(n, l) token ids, padded at their ends -> (n, l, w)."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.pad = config.pad_token_id
        self.embeddings = Embeddings(config)
        self.encoder = Transformer(config, PostNormBlock)

    def __call__(self, ids: mx.array) -> mx.array:
        return self.encoder(self.embeddings(ids), mask=self.mask(ids)[:, None, None])

    def mask(self, ids: mx.array) -> mx.array:
        """(n, l): true where a token is part of its text."""
        return ids != self.pad


def renamed(name: str) -> str:
    """A parameter of transformers' BertModel -> its name here."""
    return layers.renamed(name, NAMES)
