"""The demo catalogue, drawn by the project itself."""

from catalog.demo.catalogue import COLUMNS, draw_catalogue
from catalog.demo.product import DemoProduct
from catalog.demo.samples import draw_samples

__all__ = ["COLUMNS", "DemoProduct", "draw_catalogue", "draw_samples"]
