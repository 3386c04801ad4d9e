"""What the programs that measure optimiser rules share; the same as `bench/rust/src/flat.rs`."""

import numpy as np

# Every optimiser starts with one step for each, along the gradient times this; afterwards, timed, along the gradient itself.
FACTORS = [1.0, -0.5, 2.0]
# How many parameters are compared one by one.
SAMPLES = 64
# Parameters that a timed run changes at least; it makes as many steps as that takes.
ENOUGH_PARAMETERS = 1_000_000


def scattered(n, multiplier, offset):
    """Fixed numbers between 0 and 1 that look random, the same in every language."""
    bits = np.arange(n, dtype=np.uint32) * np.uint32(multiplier) + np.uint32(offset)
    return (bits >> np.uint32(9)).astype(np.float32) / np.float32(1 << 23)


def start(n):
    """Parameters between ½ and 1."""
    return np.float32(0.5) + np.float32(0.5) * scattered(n, 2_654_435_761, 0)


def gradient(n):
    """A gradient within ±4."""
    return np.float32(8) * scattered(n, 2_246_822_519, 374_761_393) - np.float32(4)


def steps(n):
    """How many steps a timed run makes."""
    return max(ENOUGH_PARAMETERS // n, 1)


def check(x):
    """The norm and some of the parameters after the steps along `FACTORS`."""
    x = np.asarray(x)
    norm = np.sqrt(np.sum(np.square(x, dtype=np.float64)))
    return [norm, *x[np.arange(SAMPLES) * (x.size - 1) // (SAMPLES - 1)]]
