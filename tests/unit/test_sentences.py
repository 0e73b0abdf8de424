"""Sentence vectors: meaning, style, and the same whatever else is read with them."""

from pathlib import Path

import numpy as np
import pytest

from models.sentences import WIDTH, SentenceModel, sentence_model, with_outputs
from precompute.errors import UnusableSource


def test_texts_that_mean_the_same_are_closer_than_others() -> None:
    """A paraphrase has a far higher cosine than a text about something else; each vector has length one."""
    meaning = (
        sentence_model()
        .read(["Shoes for running in the rain", "Waterproof running shoes", "The parliament passed the budget"])
        .meaning
    )
    assert meaning.shape == (3, WIDTH)
    assert np.allclose(np.linalg.norm(meaning, axis=1), 1, atol=1e-6)
    assert meaning[0] @ meaning[1] > 0.7
    assert meaning[0] @ meaning[2] < 0.2


def test_a_text_reads_the_same_alone_and_beside_longer_ones() -> None:
    """Padding beside longer texts changes no vector."""
    reader = sentence_model()
    reader.forget()
    alone = reader.read(["Why?"])
    reader.forget()
    among = reader.read(["Why?", "This is a much longer headline than the other one, with a comma and a full stop."])
    assert np.allclose(alone.meaning[0], among.meaning[0], atol=1e-5)
    assert np.allclose(alone.style[0], among.style[0], atol=1e-4)


def test_order_and_repeats_are_kept() -> None:
    """Rows follow the texts as given, a text given twice has two equal rows."""
    reader = sentence_model()
    reader.forget()
    reading = reader.read(["a somewhat longer text", "short", "a somewhat longer text"])
    again = reader.read(["short"])
    assert np.array_equal(reading.style[0], reading.style[2])
    assert not np.array_equal(reading.style[0], reading.style[1])
    assert np.array_equal(again.style[0], reading.style[1])


def test_no_text_gives_no_rows() -> None:
    """Nothing in, nothing out, with the widths that others count on."""
    reading = sentence_model().read([])
    assert reading.meaning.shape == (0, WIDTH)
    assert reading.style.shape == (0, 3 * WIDTH)


def test_style_comes_from_the_three_middle_layers() -> None:
    """The three parts differ from each other and from the last layer, which is what the meaning is made of."""
    reading = sentence_model().read(["You won't believe what she did next"])
    layers = reading.style.reshape(3, WIDTH)
    layers = np.concatenate([layers / np.linalg.norm(layers, axis=1, keepdims=True), reading.meaning])
    cosines = layers @ layers.T
    assert (cosines[np.triu_indices(4, 1)] < 0.99).all()
    assert cosines[2, 3] > cosines[0, 3]  # the fifth of six layers is nearer to the last than the third is


def test_an_output_is_added_as_protocol_buffers_write_it() -> None:
    """Graph (field 7) with one output (12) whose name (1) is given; a length above 127 takes two bytes."""
    assert with_outputs(b"model", ["ab"]) == b"model" + bytes.fromhex("3a0662040a026162")
    assert with_outputs(b"", ["x" * 130])[:8] == bytes.fromhex("3a88016285010a82")


def test_another_model_file_is_refused(tmp_path: Path) -> None:
    """Vectors of another model would make the trained weights meaningless, so its file is not even loaded."""
    other = tmp_path / "model.onnx"
    other.write_bytes(b"not the model")
    with pytest.raises(UnusableSource, match="not the sentence model"):
        SentenceModel(other)
