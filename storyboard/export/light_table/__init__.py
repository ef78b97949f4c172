"""The author's light table: `contact-sheet.html`, one file that opens offline in any browser."""

from storyboard.export.light_table.cards import LightTable, PanelCard, TakeCard
from storyboard.export.light_table.page import light_table_html
from storyboard.export.light_table.thumbnails import Thumbnails

__all__ = ["LightTable", "PanelCard", "TakeCard", "Thumbnails", "light_table_html"]
