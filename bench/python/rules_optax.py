"""Optax's optimisers on flat `f32` parameters: `rules_optax.py N OPTIMIZER...`; a step is `jit` of update and `apply_updates`, which may
write over parameters and state.

`OPTIMIZER` is Thalweg's text, a key of the table below. Rules that Optax defines otherwise are not in it: AMSGrad, NAdam, Rprop.
"""

import sys

import jax
import jax.numpy as jnp
import optax

from flat import FACTORS, check, gradient, start, steps
from measure import measure, refuse, report

LR = 0.01

RULES = {
    "sgd(lr=0.01)": optax.sgd(LR),
    "sgd(lr=0.01, momentum=0.9)": optax.sgd(LR, momentum=0.9),
    "adagrad(lr=0.01)": optax.adagrad(LR, initial_accumulator_value=0.0, eps=1e-20),
    "rmsprop(lr=0.01)": optax.rmsprop(LR, decay=0.99, eps=1e-8, eps_in_sqrt=False),
    "adam(lr=0.01)": optax.adam(LR),
    "adamw(lr=0.01)": optax.adamw(LR, weight_decay=0.01),
    "adamax(lr=0.01)": optax.adamax(LR),
    "radam(lr=0.01)": optax.radam(LR),
    "adadelta(lr=0.01)": optax.adadelta(LR, rho=0.9, eps=1e-6),
    "lion(lr=0.01)": optax.lion(LR),
    "adabelief(lr=0.01)": optax.adabelief(LR),
    "clip_by_value(1) | adam(lr=0.01) | add_decayed_weights(0.01)": optax.chain(
        optax.clip(1.0), optax.scale_by_adam(), optax.scale(LR), optax.add_decayed_weights(0.01), optax.scale(-1)
    ),
    "clip_by_global_norm(1) | adamw(lr=0.01)": optax.chain(
        optax.clip_by_global_norm(1.0), optax.adamw(LR, weight_decay=0.01)
    ),
    "scale(0.5) | clip_by_value(1) | sgd(lr=0.1, momentum=0.9) | add_decayed_weights(0.1)": optax.chain(
        optax.scale(0.5),
        optax.clip(1.0),
        optax.trace(0.9),
        optax.scale(0.1),
        optax.add_decayed_weights(0.1),
        optax.scale(-1),
    ),
}


def once(text):
    optimizer = RULES[text]
    x = jnp.array(start(n))
    state = optimizer.init(x)

    def step(x, state, g):
        updates, state = optimizer.update(g, state, x)
        return optax.apply_updates(x, updates), state

    step = jax.jit(step, donate_argnums=(0, 1)).lower(x, state, g).compile()
    for factor in FACTORS:
        x, state = step(x, state, g * factor)
    early = check(x)

    def run():
        nonlocal x, state
        for _ in range(count):
            x, state = step(x, state, g)
        x.block_until_ready()

    seconds, _ = measure(run)
    report("optax", text, n, count, seconds, early)


n, texts = int(sys.argv[1]), sys.argv[2:]
count, g = steps(n), jnp.array(gradient(n))
for text in texts:
    if text not in RULES:
        refuse("optax", text, n, "–")
    else:
        once(text)
