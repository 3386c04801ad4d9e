"""The task of the benchmark `train`: pictures, digits, which of them a step sees, and the network's first weights."""

import numpy as np

# The network's layers, and how many pictures a step sees.
WIDTHS = [784, 512, 512, 10]
BATCH = 256
PICTURES = 60_000
LR = 1e-3
# Steps whose losses peers must agree on, and steps of a timed run.
CHECKED, STEPS = 4, 100


def scattered(first, count):
    """Whole numbers below 2³², spread by Knuth's multiplicative hash."""
    return (np.arange(first, first + count, dtype=np.uint64) * np.uint64(2654435761)) % np.uint64(2**32)


def pictures():
    """Pixels (60000, 784) as bytes, and digits (60000)."""
    pixels = (scattered(0, PICTURES * WIDTHS[0]) >> np.uint64(24)).astype(np.uint8).reshape(PICTURES, WIDTHS[0])
    digits = ((scattered(7, PICTURES) >> np.uint64(16)) % np.uint64(10)).astype(np.int64)
    return pixels, digits


def indices(step):
    """The pictures of a step."""
    return (scattered(step * BATCH, BATCH) % np.uint64(PICTURES)).astype(np.int64)


def weights():
    """A matrix (outputs, inputs) for each layer, even in ±√(6/inputs); biases are 0."""
    matrices = []
    for inputs, outputs in zip(WIDTHS, WIDTHS[1:]):
        even = scattered(3, inputs * outputs) / 2**31 - 1
        matrices.append((even * np.sqrt(6 / inputs)).astype(np.float32).reshape(outputs, inputs))
    return matrices
