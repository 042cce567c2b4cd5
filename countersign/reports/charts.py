"""Charts drawn on the server as SVG: bars only, with no script, no style attribute and no text inside.

Words stay in the page, where they can be read at any width and copied; every number stands in a table as well. The
colour comes from the stylesheet by class: `guest` is violet and only ever means a third party.
"""

from dataclasses import dataclass
from functools import cached_property

STEP, BAR, HEIGHT = 10, 8, 60  # units of the viewBox, which is stretched to the width there is


@dataclass(frozen=True)
class Bars:
    """One upright bar for each of (label, value); most: what the full height stands for, so that charts compare.

    title and description are what is read out instead: a person who does not see the bars gets the sum of them.
    """

    name: str
    title: str
    description: str
    values: list[tuple[str, float]]
    most: float
    kind: str = ""
    unit: str = ""

    @property
    def width(self):
        return STEP * len(self.values)

    @property
    def height(self):
        return HEIGHT

    @property
    def first(self):
        return self.values[0][0] if self.values else ""

    @property
    def last(self):
        return self.values[-1][0] if self.values else ""

    @cached_property
    def bars(self):
        return [self._bar(place, label, value) for place, (label, value) in enumerate(self.values)]

    def _bar(self, place, label, value):
        # One of a thousand is still one: what is not nothing is to be seen.
        high = max(1, round(HEIGHT * value / self.most)) if value and self.most else 0
        return {
            "x": STEP * place + (STEP - BAR) // 2, "y": HEIGHT - high, "width": BAR, "height": high,
            "title": f"{label}: {value:,}{self.unit}",
        }


def share(part, whole):
    """How many in a hundred, with one decimal; 0 of nothing."""
    return round(100 * part / whole, 1) if whole else 0.0


def counted(count, noun):
    """ "1 event", "1,200 events"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
