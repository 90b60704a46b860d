"""Charts drawn on the server as SVG without inline styles; each carries the table that says the same."""

from ringround.ui.charts.base import Chart, Series
from ringround.ui.charts.drawings import Bars, BurnUp, HeatMap

__all__ = ["Bars", "BurnUp", "Chart", "HeatMap", "Series"]
