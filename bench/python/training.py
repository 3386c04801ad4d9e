"""The task of the benchmark `train`: pictures, digits, which of them a step sees, and the networks' first weights."""

import numpy as np

# The dense network's layers, and how many pictures a step sees.
WIDTHS = [784, 512, 512, 10]
BATCH = 256
PICTURES = 60_000
LR = 1e-3
# Steps whose losses peers must agree on, and steps of a timed run.
CHECKED, STEPS = 4, 100
# The convolutional network's weights: two convolutions, each followed by a maximum over 2×2, and two dense layers. How many pictures its
# steps see, and steps of a timed run.
CNN_SHAPES = [(32, 1, 3, 3), (64, 32, 3, 3), (128, 3136), (10, 128)]
CNN_BATCH, CNN_STEPS = 64, 50


def scattered(first, count):
    """Whole numbers below 2³², spread by Knuth's multiplicative hash."""
    return (np.arange(first, first + count, dtype=np.uint64) * np.uint64(2654435761)) % np.uint64(2**32)


def pictures():
    """Pixels (60000, 784) as bytes, and digits (60000)."""
    pixels = (scattered(0, PICTURES * WIDTHS[0]) >> np.uint64(24)).astype(np.uint8).reshape(PICTURES, WIDTHS[0])
    digits = ((scattered(7, PICTURES) >> np.uint64(16)) % np.uint64(10)).astype(np.int64)
    return pixels, digits


def indices(step, batch):
    """The pictures of a step that sees so many."""
    return (scattered(step * batch, batch) % np.uint64(PICTURES)).astype(np.int64)


def weights():
    """A matrix (outputs, inputs) for each dense layer; biases are 0."""
    return [even((outputs, inputs)) for inputs, outputs in zip(WIDTHS, WIDTHS[1:])]


def cnn_weights():
    """The weights of the convolutional network; biases are 0."""
    return [even(shape) for shape in CNN_SHAPES]


def even(shape):
    """Numbers even in ±√(6/inputs), for weights (outputs, …inputs)."""
    inputs = int(np.prod(shape[1:]))
    numbers = scattered(3, shape[0] * inputs) / 2**31 - 1
    return (numbers * np.sqrt(6 / inputs)).astype(np.float32).reshape(shape)
