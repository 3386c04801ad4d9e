"""Draws how costs grow: `growth_figure.py FOLDER`, from the two tables there to `function-growth.svg`."""

import csv
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "thalweg"
import matplotlib.pyplot as plt

folder = Path(sys.argv[1])


def columns(name):
    """For each kind of function, the columns of its lines."""
    kinds = defaultdict(lambda: defaultdict(list))
    for line in csv.DictReader((folder / name).open()):
        for key, text in line.items():
            if key != "what":
                kinds[line["what"]][key].append(float(text))
    return kinds


def linear(axes, x, last):
    """A line through the last point along which costs double when `x` does."""
    axes.plot(x, [last * value / x[-1] for value in x], ":", color="grey", label="proportional")


gradient = columns("function-growth-gradient.csv")["gradient"]
programs = columns("function-growth-compile.csv")
figure, (time, memory, compiling) = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
n = gradient["n"]
time.plot(n, gradient["seconds"], "o-", label="value and gradient")
time.plot(n, gradient["value_seconds"], "s-", label="value")
linear(time, n, gradient["seconds"][-1])
time.set(title="Ackley's function of n variables", xlabel="n", ylabel="seconds")
memory.plot(n, gradient["bytes"], "o-", label="value and gradient")
linear(memory, n, gradient["bytes"][-1])
memory.set(title="Memory, arguments and gradient included", xlabel="n", ylabel="bytes")
for (kind, program), mark in zip(programs.items(), "os"):
    nodes = program["nodes"]
    whole = [a + b for a, b in zip(program["trace"], program["executable"])]
    derived = zip(program["trace"], program["differentiate"], program["gradient_executable"])
    compiling.plot(nodes, whole, mark + "-", label=f"{kind}: value")
    compiling.plot(nodes, [sum(parts) for parts in derived], mark + "--", label=f"{kind}: value and gradient")
linear(compiling, nodes, whole[-1])
compiling.set(title="From tracing to the first result", xlabel="operations traced", ylabel="seconds")
for axes in (time, memory, compiling):
    axes.set(xscale="log", yscale="log")
    axes.grid(alpha=0.3)
    axes.legend()
figure.savefig(folder / "function-growth.svg", metadata={"Date": None})
