"""JAX on Rosenbrock's function from one start: `scalar_jax.py RULE STEPS`; jit of a scan, with its own gradient."""

import sys

import jax
import jax.numpy as jnp

from measure import measure, report
from rosenbrock import ADAM_LR, EARLY, GD_LR, START

jax.config.update("jax_enable_x64", True)
rule, steps = sys.argv[1], int(sys.argv[2])


def value(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def gradient_descent(state, _):
    x, best = state
    x = x - GD_LR * jax.grad(value)(x)
    return (x, jnp.minimum(best, value(x))), None


def adam(state, t):
    x, best, m, v = state
    g = jax.grad(value)(x)
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    x = x - ADAM_LR * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return (x, jnp.minimum(best, value(x)), m, v), None


def compiled(x, steps):
    def descend(x):
        if rule == "gd":
            state, _ = jax.lax.scan(gradient_descent, (x, value(x)), length=steps)
        else:
            state = (x, value(x), jnp.zeros(2), jnp.zeros(2))
            state, _ = jax.lax.scan(adam, state, jnp.arange(1.0, steps + 1))
        return state[:2]

    return jax.jit(descend).lower(x).compile()


start = jnp.array(START)
early, _ = compiled(start, EARLY)(start)
run = compiled(start, steps)
seconds, (end, _) = measure(lambda: jax.block_until_ready(run(start)))
report("jax", rule, 1, steps, seconds, [*early, *end] if rule == "gd" else early)
