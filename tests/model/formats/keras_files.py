"""Write files with Keras 3, and what Keras's own models give: python keras_files.py FOLDER.

Each model becomes NAME.keras and NAME.h5; its input and output for one sequence go to NAME.npz as x and y.
"""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras import layers

random = np.random.default_rng(0)


def numbers(*then):
    return keras.Sequential([layers.Input((None, 3)), *then])


def tokens(*then):
    return keras.Sequential([layers.Input((None,), dtype="int32"), *then])


def each(kind, units=4, **options):
    return kind(units, return_sequences=True, **options)


@keras.saving.register_keras_serializable("mine")
def squash(x):
    return keras.ops.tanh(x)


@keras.saving.register_keras_serializable("mine")
class Scale(layers.Layer):
    def call(self, x):
        return x / 2


@keras.saving.register_keras_serializable("mine")
class GRU(layers.GRU):
    """Of somebody's own, and it may compute anything."""


class Whole(keras.Model):
    """A model of somebody's own class, whose file describes none of its layers."""

    def __init__(self, **options):
        super().__init__(**options)
        self.table = layers.Embedding(7, 3)
        self.encoder = layers.Bidirectional(each(layers.GRU))
        self.out = layers.Dense(2)

    def build(self, shape):
        self.table.build(shape)
        self.encoder.build((*shape, 3))
        self.out.build((*shape, 8))

    def call(self, x):
        return self.out(self.encoder(self.table(x)))


def functional():
    """A decoder that starts from what an encoder ends in, and layers of all sorts around them."""
    x = layers.Input((None, 3), name="read")
    masked = layers.Masking(name="masking")(x)
    first = each(layers.GRU, name="first")(masked)
    dropped = layers.Dropout(0.5)(first)
    _, state = layers.GRU(4, return_state=True, name="second")(layers.Lambda(lambda a: a * 2)(dropped))
    inner = keras.Sequential([layers.Input((None, 3)), each(layers.LSTM, name="deep"), layers.Dense(3)], name="inner")
    decoder = each(layers.GRU, name="decoder", reset_after=False)(inner(Scale()(x)), initial_state=state)
    return keras.Model(x, layers.Dense(5, activation="softmax", name="say")(decoder))


def shared():
    """One layer that reads two things: nothing follows anything."""
    x = layers.Input((None, 4))
    one = each(layers.GRU, name="one")
    y = one(one(x))
    return keras.Model(x, each(layers.GRU, name="two")(y))


def stack(kind, *units):
    return layers.RNN([kind(n) for n in units], return_sequences=True, name="stack")


CELLS = {"gru": layers.GRU, "lstm": layers.LSTM, "rnn": layers.SimpleRNN}
MODELS = {
    **{name: numbers(each(kind)) for name, kind in CELLS.items()},
    **{f"{name} no bias": numbers(each(kind, use_bias=False)) for name, kind in CELLS.items()},
    **{f"{name} both": numbers(layers.Bidirectional(each(kind), name="both")) for name, kind in CELLS.items()},
    **{f"{name} back": numbers(each(kind, go_backwards=True)) for name, kind in CELLS.items()},
    "before": numbers(each(layers.GRU, reset_after=False)),
    "before no bias": numbers(each(layers.GRU, reset_after=False, use_bias=False)),
    "before both": numbers(layers.Bidirectional(each(layers.GRU, reset_after=False))),
    "before back": numbers(each(layers.GRU, reset_after=False, go_backwards=True)),
    "relu": numbers(each(layers.SimpleRNN, activation="relu")),
    "float64": numbers(each(layers.GRU, dtype="float64")),
    "cell": numbers(layers.RNN(layers.GRUCell(4), return_sequences=True)),
    "cells": numbers(stack(layers.LSTMCell, 4, 4, 4)),
    "stacked": tokens(
        layers.Embedding(7, 3),
        each(layers.GRU),
        layers.Dropout(0.2),
        each(layers.GRU),
        each(layers.GRU),
        layers.Dense(5),
    ),
    "stacked both": tokens(
        layers.Embedding(7, 3, mask_zero=True),
        layers.Bidirectional(each(layers.LSTM)),
        layers.Bidirectional(each(layers.LSTM)),
        layers.TimeDistributed(layers.Dense(5)),
        layers.Activation("softmax"),
    ),
    "last": numbers(layers.GRU(4), layers.Dense(2, use_bias=False, activation="sigmoid")),
    "last both": numbers(layers.Bidirectional(layers.GRU(4)), layers.Dense(2)),
    "sum": numbers(
        layers.Bidirectional(each(layers.GRU), merge_mode="sum"),
        layers.Bidirectional(each(layers.GRU)),
        layers.Dense(2),
    ),
    "sum and head": numbers(layers.Bidirectional(each(layers.GRU), merge_mode="sum"), layers.Dense(2)),
    "head": numbers(each(layers.GRU), layers.Dense(6, activation="relu"), layers.Dense(2)),
    "back and back": numbers(each(layers.GRU, go_backwards=True), each(layers.GRU, go_backwards=True)),
    "unlike": numbers(each(layers.GRU), each(layers.GRU, reset_after=False), each(layers.GRU, units=5)),
    "functional": functional(),
    "shared": shared(),
    "whole": Whole(),
    # What is refused:
    "hard": numbers(each(layers.GRU, recurrent_activation="hard_sigmoid")),
    "linear": numbers(each(layers.SimpleRNN, activation="linear")),
    "own function": numbers(each(layers.LSTM, activation=squash)),
    "own layer": numbers(each(GRU)),
    "unequal": numbers(stack(layers.GRUCell, 4, 5)),
    "images": keras.Sequential([layers.Input((None, 4, 4, 1)), layers.ConvLSTM2D(2, 3)]),
    "dense": numbers(layers.Dense(2)),
}


def main(folder):
    for name, model in MODELS.items():
        shape = getattr(model, "input_shape", (None, None))
        if len(shape) == 2:
            x = random.integers(1, 7, (1, 9))
        else:
            x = random.normal(0, 1, (1, 9, *shape[2:])).astype("float32")
        y = model(x)
        model.set_weights([random.normal(0, 0.6, weight.shape) for weight in model.get_weights()])
        y = keras.ops.convert_to_numpy(model(x))
        np.savez(folder / f"{name}.npz", x=x[0], y=y[0])
        model.save(folder / f"{name}.keras")
        if name not in ("whole",):
            model.save(folder / f"{name}.h5")
        model.save_weights(folder / f"{name}.weights.h5")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
