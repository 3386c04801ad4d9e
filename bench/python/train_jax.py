"""Training steps of JAX with Optax: gathering, forward, backward, Adam in one `jit` with donated parameters and state, compiling
excluded."""

import jax
import jax.numpy as jnp
import optax

from measure import measure, report
from training import BATCH, CHECKED, CNN_BATCH, CNN_STEPS, LR, STEPS, cnn_weights, indices, pictures, weights

pixels, digits = (jnp.asarray(numbers) for numbers in pictures())


def dense(parameters, x):
    *hidden, (matrix, bias) = parameters
    for w, b in hidden:
        x = jax.nn.relu(x @ w + b)
    return x @ matrix + bias


def convolutional(parameters, x):
    *convolutions, (w, b), (matrix, bias) = parameters
    x = x.reshape(-1, 1, 28, 28)
    for kernel, shift in convolutions:
        x = jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME") + shift[:, None, None]
        x = jax.lax.reduce_window(jax.nn.relu(x), -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    return jax.nn.relu(x.reshape(len(x), -1) @ w + b) @ matrix + bias


def train(case, network, first, batch, steps):
    parameters = [(jnp.asarray(matrix.T if matrix.ndim == 2 else matrix), jnp.zeros(len(matrix))) for matrix in first]
    optimizer = optax.adam(LR)
    state = optimizer.init(parameters)

    def loss(parameters, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(network(parameters, x), y).mean()

    def step(parameters, state, pixels, digits, chosen):
        x = pixels[chosen].astype(jnp.float32) * (1 / 255)
        value, gradient = jax.value_and_grad(loss)(parameters, x, digits[chosen])
        updates, state = optimizer.update(gradient, state, parameters)
        return optax.apply_updates(parameters, updates), state, value

    batches = [jnp.asarray(indices(k, batch)) for k in range(steps)]
    step = jax.jit(step, donate_argnums=(0, 1)).lower(parameters, state, pixels, digits, batches[0]).compile()

    def run(batches):
        nonlocal parameters, state
        values = []
        for chosen in batches:
            parameters, state, value = step(parameters, state, pixels, digits, chosen)
            values.append(value)
        return [float(value) for value in values]

    check = run(batches[:CHECKED])
    seconds, _ = measure(lambda: run(batches))
    report("jax", case, 1, steps, seconds, check)


train("mlp", dense, weights(), BATCH, STEPS)
train("cnn", convolutional, cnn_weights(), CNN_BATCH, CNN_STEPS)
