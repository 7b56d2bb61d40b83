"""Category rules, with a preview of what one would catch."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from catalog.models import Department, Label
from crawlers.models import CategoryRule
from crawlers.rules import preview


class RuleForm(forms.ModelForm[CategoryRule]):
    class Meta:
        model = CategoryRule
        fields = ("words", "source", "department", "label", "order")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        label = given.get("label")
        if label is not None and label.department != given.get("department"):
            self.add_error("label", f"This label is one of {label.department}.")
        return given


@admin.register(CategoryRule)
class CategoryRuleAdmin(admin.ModelAdmin[CategoryRule]):
    list_display = ("words", "holds_for", "department", "label", "order")
    list_editable = ("order",)
    list_select_related = ("source", "label")
    form = RuleForm

    class Media:
        css = {"all": ["ml/admin.css"]}

    @admin.display(description="Source", ordering="source__name", empty_value="any")
    def holds_for(self, rule: CategoryRule) -> str | None:
        return str(rule.source) if rule.source else None

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "label":
            kwargs["queryset"] = Label.objects.in_use().order_by("department", "order")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview)
        return [path("preview/", view, name="crawlers_categoryrule_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show what the rule of an unsaved form would catch."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        given = request.GET
        number = given.get("order", "")
        source = given.get("source", "")
        rule = CategoryRule(
            pk=int(given["rule"]) if given.get("rule", "").isdecimal() else None,
            words=given.get("words", ""),
            source_id=int(source) if source.isdecimal() else None,
            department=given.get("department") or Department.ART,
            order=int(number) if number.isdecimal() else 0,
        )
        caught = preview(rule) if rule.words.split() else []
        context = {
            "caught": caught,
            "products": sum(one.products for one in caught),
            "words": rule.words.strip(),
        }
        return render(request, "admin/crawlers/categoryrule/_preview.html", context)
