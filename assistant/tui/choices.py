"""A list to choose from whose chosen line is in reverse video, which every terminal can show."""

from __future__ import annotations

from textual.style import Style
from textual.widgets import OptionList


class Choices(OptionList):
    """An option list without markup that does not go round at its ends."""

    def get_visual_style(self, *component_classes: str, partial: bool = False) -> Style:
        """See `Widget.get_visual_style`, which leaves reverse video out."""
        style = super().get_visual_style(*component_classes, partial=partial)
        if "option-list--option-highlighted" in component_classes and self.has_focus:
            style += Style(reverse=True)
        return style

    def action_cursor_up(self) -> None:
        """One up."""
        if self.highlighted:
            super().action_cursor_up()

    def action_cursor_down(self) -> None:
        """One down."""
        if self.highlighted is None or self.highlighted < self.option_count - 1:
            super().action_cursor_down()
