"""The functions of the benchmark `function`: their arguments, drawn with NumPy, and the numbers that peers must agree on."""

import numpy as np

# Rows and columns of the logistic regression.
ROWS, COLUMNS = 1000, 100
# The network's layers, and how many pictures it sees at once.
WIDTHS = [784, 512, 512, 10]
BATCH = 256


def point(n):
    """`n` coordinates in ±2."""
    return 4 * np.random.RandomState(0).random_sample(n) - 2


def regression():
    """Data (1000, 100), classes 0 or 1 (1000) and coefficients (100)."""
    random = np.random.RandomState(0)
    data = random.randn(ROWS, COLUMNS)
    classes = (random.random_sample(ROWS) < 0.5).astype(float)
    return data, classes, 0.1 * random.randn(COLUMNS)


def network():
    """Weights and biases, layer by layer, pictures (256, 784) and digits (256); of the numbers, f32."""
    random = np.random.RandomState(0)
    parameters = []
    for rows, columns in zip(WIDTHS, WIDTHS[1:]):
        parameters.append((random.randn(rows, columns) * np.sqrt(2 / rows)).astype(np.float32))
        parameters.append((0.1 * random.randn(columns)).astype(np.float32))
    pictures = random.random_sample((BATCH, WIDTHS[0])).astype(np.float32)
    digits = (WIDTHS[-1] * random.random_sample(BATCH)).astype(int)
    return parameters, pictures, digits


def digest(numbers):
    """The norm, and the sum of the positive ones, each weighted by its place."""
    numbers = np.asarray(numbers, dtype=float).ravel()
    weights = 1 + np.arange(numbers.size) % 7
    return [np.linalg.norm(numbers), np.sum(weights * np.maximum(numbers, 0))]


def flat(arrays):
    """All numbers of a list of arrays."""
    return np.concatenate([np.asarray(array).ravel() for array in arrays])
