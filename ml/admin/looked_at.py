"""What the pages of runs and versions share: they are looked at."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateformat import format as in_format
from django.utils.text import capfirst


class LookedAt(admin.ModelAdmin[Any]):
    """Pages to look at: rows on which nothing is saved, and their list."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["ml/admin.css"]}

    def shown(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what the row's page shows beside its fields."""
        buttons = ("show_save", "show_save_and_continue", "show_save_and_add_another")
        return {**dict.fromkeys(buttons, False), "title": capfirst(str(row)), "subtitle": None}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            context |= self.shown(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)


def moment(when: datetime | None) -> str:
    """Tell a time of day shortly; nothing where there is none."""
    return in_format(timezone.localtime(when), "j\xa0M\xa0Y, H:i") if when else ""
