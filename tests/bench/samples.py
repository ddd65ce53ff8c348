# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads samples and goals of the benchmarks, and finds medians and exponents."""

import collections
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
Goal = collections.namedtuple("Goal", "part row size unit ours theirs goal form places title against")

# How the cost a + b * n ** k is fitted: k is one of these.
EXPONENTS = [step / 100 for step in range(20, 301)]
FLAT = 1.25  # largest cost over smallest one: a cost that hardly grows has no exponent


class Samples:
    """The values of a directory, by part, place, row, alternative, unit and size."""

    def __init__(self, folder):
        self.values = collections.defaultdict(list)
        self.loads = collections.defaultdict(list)
        self.lacking = set()
        for path in sorted(folder.glob("*@*.lack")):
            part = path.name.split("@")[0]
            self.lacking |= {(part, row) for row in path.read_text(encoding="utf-8").split()}
        for path in sorted(folder.glob("*@*.tsv")):
            part = path.name.split("@")[0]
            for line in path.read_text(encoding="utf-8").splitlines():
                place, row, size, alternative, value, unit, load = line.split("\t")
                self.values[part, place, row, alternative, unit, int(size)].append(int(value))
                self.loads[part, place, row].append(float(load))

    def places(self, part):
        """In the order of their names, versions as numbers."""
        found = {key[1] for key in self.values if key[0] == part}
        return sorted(found, key=lambda name: [int(word) if word.isdigit() else 0
                                               for word in name.split(",")[0].split(".")])

    def median(self, *key):
        return statistics.median(self.values[key]) if key in self.values else None

    def count(self, *key):
        return len(self.values.get(key, ()))

    def load(self, part, place, row):
        return statistics.median(self.loads[part, place, row])

    def curve(self, part, place, row, alternative, unit):
        """Pairs of a size and its median, the smallest first."""
        wanted = (part, place, row, alternative, unit)
        sizes = sorted(key[5] for key in self.values if key[:5] == wanted)
        return [(size, self.median(*wanted, size)) for size in sizes]

    def has(self, part, place, row):
        return (part, place, row) in self.loads

    def rows(self):
        """Each part and row that has samples."""
        return {(key[0], key[2]) for key in self.values}


def read_goals():
    lines = (HERE / "goals.tsv").read_text(encoding="utf-8").splitlines()
    return [Goal(*line.split("\t")) for line in lines if line and not line.startswith("#")]


def line_through(curve, exponent):
    """The a and b of a + b * n ** exponent with the smallest sum of relative errors, and that sum."""
    points = [(size ** exponent / cost, 1 / cost) for size, cost in curve]
    xx = sum(x * x for x, _ in points)
    xy = sum(x * y for x, y in points)
    yy = sum(y * y for _, y in points)
    x_sum, y_sum = sum(x for x, _ in points), sum(y for _, y in points)
    det = xx * yy - xy * xy
    a = (xx * y_sum - xy * x_sum) / det if det else 0
    b = (yy * x_sum - xy * y_sum) / det if det else 0
    if a < 0:
        a, b = 0, x_sum / xx
    error = sum((a * y + b * x - 1) ** 2 for x, y in points)
    return a, b, error if b >= 0 else float("inf")


def fit(curve):
    """The (exponent, a, b) of the cost a + b * n ** exponent; the exponent is 0 where it hardly grows."""
    if len(curve) < 3:
        sys.exit(f"table: {len(curve)} sizes are too few for an exponent")
    costs = [cost for _, cost in curve]
    if max(costs) < FLAT * min(costs):
        return 0.0, statistics.median(costs), 0.0
    best = min(EXPONENTS, key=lambda exponent: line_through(curve, exponent)[2])
    return best, *line_through(curve, best)[:2]


def slope(curve):
    """The cost of one more: from the smallest size to the largest."""
    (first, low), (last, high) = curve[0], curve[-1]
    return (high - low) / (last - first)
