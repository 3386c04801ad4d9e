"""Test problems that another program serves: `bench/rust/src/bin/problems/serve.rs` says how."""

import subprocess

import numpy as np

# The most evaluations of a kind.
MOST = 10_000

VERDICTS = ["solved", "other", "failed"]


class Spent(Exception):
    """More evaluations were asked for than allowed."""


class Problem:
    """A problem with counts of what was asked for: `values`, `gradients`, `hessians`, `products`.

    `needed` has the gradients and products that were taken before the value at a known minimum was first asked for, by its verdict.
    """

    def __init__(self, server, name):
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.program = subprocess.Popen([server, "serve", name], **pipes)
        sizes = self.program.stdout.readline().split()
        self.n, self.rows, self.functions, self.equalities = map(int, sizes)
        self.start, self.low, self.high = (self._read(self.n) for _ in range(3))
        self.counts = dict(values=0, gradients=0, hessians=0, products=0)
        self.needed = {}

    def _read(self, size):
        return np.frombuffer(self.program.stdout.read(8 * size)).copy()

    def _ask(self, letter, size, *vectors):
        self.program.stdin.write(letter + np.concatenate(vectors, dtype=float).tobytes())
        self.program.stdin.flush()
        return self._read(size)

    def _count(self, kind):
        if self.counts[kind] == MOST:
            raise Spent
        self.counts[kind] += 1

    def _look(self, x):
        self._count("values")
        if "solved" not in self.needed:
            taken = self.counts["gradients"] + self.counts["products"]
            self.needed.setdefault(self.judge(x)[0], taken)

    def value(self, x):
        self._look(x)
        return self._ask(b"f", 1, x)[0]

    def gradient(self, x):
        self._count("gradients")
        return self._ask(b"g", self.n, x)

    def hessian(self, x):
        self._count("hessians")
        return self._ask(b"h", self.n * self.n, x).reshape(self.n, self.n)

    def product(self, x, v):
        self._count("products")
        return self._ask(b"p", self.n, x, v)

    def residuals(self, x):
        self._look(x)
        return self._ask(b"r", self.rows, x)

    def jacobian(self, x):
        self._count("gradients")
        return self._ask(b"j", self.rows * self.n, x).reshape(self.rows, self.n)

    def constraints(self, x):
        """What is to be 0, then what is to be at least 0."""
        return self._ask(b"c", self.functions, x)

    def slopes(self, x):
        """The Jacobian of the constraints."""
        return self._ask(b"a", self.functions * self.n, x).reshape(self.functions, self.n)

    def curvature(self, x, weights):
        """The sum of the constraints' Hessians, each times its weight."""
        return self._ask(b"l", self.n * self.n, x, weights).reshape(self.n, self.n)

    def steepest(self, x):
        """max |∂f/∂xᵢ|, not counted."""
        return np.max(np.abs(self._ask(b"g", self.n, x)))

    def judge(self, x):
        """The verdict on the end of a run, and the value there."""
        verdict, value = self._ask(b"e", 2, x)
        return VERDICTS[int(verdict)], value


def names(server, which):
    """The names of a set's problems."""
    listed = subprocess.run([server, "list", which], stdout=subprocess.PIPE, check=True, text=True)
    return listed.stdout.splitlines()
