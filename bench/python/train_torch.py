"""Training steps of PyTorch: `train_torch.py FORM`; `FORM` is `eager`, `compiled` or `bf16`.

Gathering, forward, backward, Adam (`fused`). `compiled` is `torch.compile` of the network and its loss with the backend inductor,
compiling excluded; `bf16` is eager under `autocast`.
"""

import contextlib
import os
import sys

import torch
import torch.nn.functional as F
from torch import nn

from measure import measure, refuse, report
from training import BATCH, CHECKED, CNN_BATCH, CNN_STEPS, LR, STEPS, WIDTHS, cnn_weights, indices, pictures, weights

torch.set_num_threads(len(os.sched_getaffinity(0)))
form = sys.argv[1]
peer = f"torch_{form}"
pixels, digits = (torch.from_numpy(numbers) for numbers in pictures())


def dense():
    layers = []
    for inputs, outputs in zip(WIDTHS, WIDTHS[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def convolutional():
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(3136, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def train(case, network, first, batch, steps):
    learning = [layer for layer in network if hasattr(layer, "weight")]
    for layer, matrix in zip(learning, first):
        layer.weight.data = torch.from_numpy(matrix)
        layer.bias.data.zero_()
    optimizer = torch.optim.Adam(network.parameters(), lr=LR, fused=True)

    def loss(x, y):
        return F.cross_entropy(network(x), y)

    if form == "compiled":
        loss = torch.compile(loss)
    batches = [torch.from_numpy(indices(step, batch)) for step in range(steps)]

    def step(chosen):
        x = pixels[chosen].to(torch.float32).mul_(1 / 255)
        optimizer.zero_grad(set_to_none=True)
        precision = torch.autocast("cpu", torch.bfloat16) if form == "bf16" else contextlib.nullcontext()
        with precision:
            value = loss(x, digits[chosen])
        value.backward()
        optimizer.step()
        return value.detach()

    def run():
        for chosen in batches:
            value = step(chosen)
        return value

    try:
        check = [float(step(chosen)) for chosen in batches[:CHECKED]]
        seconds, _ = measure(run)
        report(peer, case, 1, steps, seconds, [] if form == "bf16" else check)
    except Exception as problem:
        refuse(peer, case, 1, f"{type(problem).__name__}: {problem}".splitlines()[0][:100])


train("mlp", dense(), weights(), BATCH, STEPS)
train("cnn", convolutional(), cnn_weights(), CNN_BATCH, CNN_STEPS)
