# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws how cost grows: small SVG files with logarithmic axes, readable on a light and on a dark page."""

import html
import math

WIDTH, HEIGHT = 600, 340
LEFT, RIGHT, TOP, BOTTOM = 62, 210, 34, 44
TEXT = "#6e7681"
COLOURS = ("#1f77d0", "#d9453d", "#2da44e", "#bf8700", "#a371f7", "#768390")


def style():
    """Colours that can be read on white and on black: a page of either kind may show the file."""
    colours = "".join(f".s{number}{{stroke:{colour};fill:{colour}}}" for number, colour in enumerate(COLOURS))
    return (f"<style>text{{font:12px sans-serif;fill:{TEXT}}}.g{{stroke:{TEXT};stroke-opacity:.35}}{colours}"
            f"polyline{{stroke-width:1.6;fill:none!important}}.f{{stroke-width:1;stroke-dasharray:3 4}}</style>")


def powers(low, high):
    """The powers of ten from below the smallest value to above the largest one."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0 ** power for power in range(first, max(last, first + 1) + 1)]


def short(number):
    if number >= 1024 and number % 1024 == 0:
        return f"{number // 1024}k"
    for factor, suffix in ((1e6, "M"), (1e3, "k")):
        if number >= factor:
            return f"{number / factor:g}{suffix}"
    return f"{number:g}"


class Plot:
    def __init__(self, title, x_title, y_title, curves):
        """curves: (name, [(size, value)], fitted values of the same sizes or None)"""
        points = [point for _, curve, _ in curves for point in curve]
        self.title, self.x_title, self.y_title, self.curves = title, x_title, y_title, curves
        self.x_low, self.x_high = (f(math.log10(size) for size, _ in points) for f in (min, max))
        self.y_ticks = powers(min(value for _, value in points), max(value for _, value in points))
        self.sizes = sorted({size for size, _ in points})

    def x(self, size):
        part = (math.log10(size) - self.x_low) / (self.x_high - self.x_low)
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value):
        low, high = math.log10(self.y_ticks[0]), math.log10(self.y_ticks[-1])
        part = (math.log10(max(value, self.y_ticks[0])) - low) / (high - low)
        return round(HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM), 1)

    def axes(self):
        for value in self.y_ticks:
            yield f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.y(value)}" y2="{self.y(value)}"/>'
            yield f'<text x="{LEFT - 6}" y="{self.y(value) + 4}" text-anchor="end">{short(value)}</text>'
        last = -100
        for size in self.sizes:
            yield (f'<line class="g" x1="{self.x(size)}" x2="{self.x(size)}" y1="{HEIGHT - BOTTOM}" '
                   f'y2="{HEIGHT - BOTTOM + 4}"/>')
            if self.x(size) - last > 34:
                yield f'<text x="{self.x(size)}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{short(size)}</text>'
                last = self.x(size)
        middle = (LEFT + WIDTH - RIGHT) / 2
        yield f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{html.escape(self.x_title)}</text>'
        yield f'<text x="{LEFT}" y="{TOP - 8}" text-anchor="end">{html.escape(self.y_title)}</text>'
        yield f'<text x="{middle}" y="16" text-anchor="middle">{html.escape(self.title)}</text>'

    def path(self, curve):
        return " ".join(f"{self.x(size)},{self.y(value)}" for size, value in curve)

    def lines(self):
        for number, (name, curve, fitted) in enumerate(self.curves):
            colour, at = f"s{number % len(COLOURS)}", TOP + 8 + 18 * number
            yield f'<polyline class="{colour}" points="{self.path(curve)}"/>'
            for size, value in curve:
                yield f'<circle class="{colour}" cx="{self.x(size)}" cy="{self.y(value)}" r="2.6"/>'
            if fitted:
                yield f'<polyline class="{colour} f" points="{self.path(fitted)}"/>'
            yield f'<circle class="{colour}" cx="{WIDTH - RIGHT + 14}" cy="{at}" r="4"/>'
            yield f'<text x="{WIDTH - RIGHT + 24}" y="{at + 4}">{html.escape(name)}</text>'

    def svg(self):
        head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
                f'height="{HEIGHT}" role="img" aria-label="{html.escape(self.title)}">')
        return "\n".join([head, style(), *self.axes(), *self.lines(), "</svg>"]) + "\n"
