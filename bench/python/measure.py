"""What the measuring programs share: timing, and the line of JSON that they print."""

import json
import os
import statistics
import time

# Runs shorter than this are repeated until they add up to it.
ENOUGH_SECONDS = 1.0


def measure(run):
    """The time of a run and its result, which must be ready when `run` returns.

    A short run is repeated; then the first time does not count, and the median of the others is taken.
    """

    def once():
        start = time.perf_counter()
        result = run()
        return time.perf_counter() - start, result

    first, result = once()
    times = []
    while first + sum(times) < ENOUGH_SECONDS:
        times.append(once()[0])
    return statistics.median(times or [first]), result


def report(peer, case, n, steps, seconds, check):
    """Prints a measurement as a line of JSON."""
    threads = len(os.sched_getaffinity(0))
    line = dict(peer=peer, case=case, n=n, threads=threads, seconds=seconds, steps=steps, check=[float(c) for c in check])
    print(json.dumps(line))


def refuse(peer, case, n, reason):
    """Prints why there is no measurement as a line of JSON."""
    threads = len(os.sched_getaffinity(0))
    print(json.dumps(dict(peer=peer, case=case, n=n, threads=threads, refused=str(reason))))
