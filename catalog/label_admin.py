"""Labels in the admin: hotkeys, examples, and merging one into another."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import ngettext

from catalog.models import Label
from catalog.room.labels import (
    LabelError,
    Use,
    given_by,
    is_used,
    merge,
    separate,
    usable_hotkey,
    use_of,
)


class LabelForm(forms.ModelForm[Label]):
    """A label, its hotkey checked against what the room and other labels use."""

    class Meta:
        model = Label
        fields = ("department", "name", "order", "hotkey", "is_group", "description", "examples")
        help_texts: ClassVar[dict[str, str]] = {
            "hotkey": "The key that gives it: 0 to 9 or a letter. Empty for none.",
            "examples": "Pictures that show what is meant.",
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        label = self.instance
        # The list, and the page of a label that exists, do not ask for it.
        label.department = given.get("department", label.department)
        if not label.department:
            return given
        if "hotkey" in given:
            try:
                given["hotkey"] = usable_hotkey(given["hotkey"], label)
            except LabelError as error:
                self.add_error("hotkey", str(error))
        same = Label.objects.in_department(label.department).exclude(pk=label.pk)
        if taken := same.filter(name=given.get("name")).first():
            merged = f", merged into “{taken.merged_into}”" if taken.merged_into else ""
            text = f"There is a label “{taken}” in {label.department} already{merged}."
            self.add_error("name", text)
        examples = given.get("examples")
        if examples and examples.exclude(product__department=label.department).exists():
            self.add_error("examples", f"Choose pictures of {label.department} only.")
        return given


class LabelFormSet(forms.BaseModelFormSet[Label, LabelForm]):
    """The list of labels, where two could be given one hotkey at once."""

    def clean(self) -> None:
        super().clean()
        taken: dict[tuple[str, str], Label] = {}
        for form in self.forms:
            label, key = form.instance, form.cleaned_data.get("hotkey")
            if not key:
                continue
            first = taken.setdefault((label.department, key), label)
            if first != label:
                form.add_error("hotkey", f"“{key}” is meant to give “{first}” as well.")


class MergeForm(forms.Form):
    """Which label takes the place of another."""

    into = forms.ModelChoiceField(
        Label.objects.none(),
        label="Merge it into",
        error_messages={"invalid_choice": "Choose a label of the same department, in use."},
    )
    though_group_differs = forms.BooleanField(
        required=False,
        label="Though one of them is a group, which networks learn, and the other is not",
    )

    def __init__(self, label: Label, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Label.objects.in_department(label.department).in_use().exclude(pk=label.pk)
        self.fields["into"].queryset = others  # type: ignore[attr-defined]  # a model's choices


@admin.register(Label)
class LabelAdmin(admin.ModelAdmin[Label]):
    form = LabelForm
    list_display = (
        "name",
        "department",
        "order",
        "hotkey",
        "is_group",
        "annotations",
        "merged_into",
    )
    list_editable = ("order", "hotkey")
    list_filter = ("department", ("merged_into", admin.EmptyFieldListFilter))
    list_select_related = ("merged_into",)
    search_fields = ("name",)
    actions = ("merge_one",)
    autocomplete_fields = ("examples",)
    fields = (*LabelForm.Meta.fields, "merged_into")
    readonly_fields = ("merged_into",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Label]:
        return super().get_queryset(request).annotate(annotation_count=Count("annotations"))

    def get_readonly_fields(self, request: HttpRequest, obj: Label | None = None) -> Any:
        # Its pictures are of the department that it was made for.
        return (*self.readonly_fields, "department") if obj else self.readonly_fields

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{**kwargs, "form": LabelForm})

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_formset(request, **{**kwargs, "formset": LabelFormSet})

    @admin.display(ordering="annotation_count")
    def annotations(self, label: Any) -> int:
        return int(label.annotation_count)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # One by one: a label that is used can be merged only.
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        with transaction.atomic():
            label = self.get_object(request, object_id)
            if label is not None and self.has_delete_permission(request, label):
                if request.method == "POST":
                    # Nobody gives it between the look and the deletion.
                    Label.objects.held(label.department, alone=True)
                if is_used(label):
                    return self.kept(request, label)
            return super().delete_view(request, object_id, extra_context)

    def kept(self, request: HttpRequest, label: Label) -> HttpResponse:
        """Say why a label that people gave is not deleted, and lead to what can be done."""
        if label.merged_into is not None:
            text = f"“{label}” stays: people gave it, and its name finds “{label.today}”."
            return self.done(request, text, messages.WARNING)
        text = f"“{label}” was not deleted: people gave it to pictures. Merge it into another one."
        self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:catalog_label_merge", args=[label.pk]))

    def save_model(self, request: HttpRequest, obj: Label, form: Any, change: bool) -> None:
        # Only what was changed here: a merge meanwhile stays.
        changed = [name for name in form.changed_data if name != "examples"]
        obj.save(update_fields=changed if change else None)

    @admin.action(description="Merge the selected label into another", permissions=["change"])
    def merge_one(self, request: HttpRequest, queryset: QuerySet[Label]) -> HttpResponse | None:
        """Lead to the page that asks which one, and says what moves."""
        labels = list(queryset)
        if len(labels) != 1:
            self.message_user(request, "Select one label to merge.", messages.WARNING)
            return None
        return HttpResponseRedirect(reverse("admin:catalog_label_merge", args=[labels[0].pk]))

    def get_urls(self) -> list[URLPattern]:
        merge, separate = map(self.admin_site.admin_view, (self.merge_view, self.separate_view))
        return [
            path("<int:pk>/merge/", merge, name="catalog_label_merge"),
            path("<int:pk>/separate/", separate, name="catalog_label_separate"),
            *super().get_urls(),
        ]

    def merge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask which label takes the place of this one, say what moves, and do it."""
        label = self.changeable(request, pk)
        if label.merged_into is not None:
            text = f"“{label}” was merged into “{label.merged_into}” already."
            return self.done(request, text, messages.WARNING)
        form = MergeForm(label, request.POST or None)
        if form.is_valid():
            given = form.cleaned_data
            target: Label = given["into"]
            try:
                moved = merge(
                    label.pk, target.pk, though_group_differs=given["though_group_differs"]
                )
            except LabelError as error:
                form.add_error(None, str(error))
            else:
                self.log_change(request, label, f"Merged into {target}.")
                text = format_html(
                    '“{}” was merged into “{}”: {} moved. <a href="{}">Take it back</a>',
                    label,
                    target,
                    _counted(moved),
                    reverse("admin:catalog_label_separate", args=[label.pk]),
                )
                return self.done(request, text, messages.SUCCESS)
        context = {"use": use_of(label), "merged": list(label.merged.all()), "form": form}
        return self.page(request, label, "merge", f"Merge “{label}”", **context)

    def separate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what comes back from the label that took the place of this one, and do it."""
        label = self.changeable(request, pk)
        if label.merged_into is None:
            return self.done(request, f"“{label}” is merged into no label.", messages.WARNING)
        if request.method == "POST":
            try:
                back = separate(label.pk)
            except LabelError as error:
                return self.done(request, str(error), messages.WARNING)
            self.log_change(request, label, f"Separated from {back.target}.")
            text = f"“{label}” is a label of its own again: {_counted(back.moved)} came back from "
            text = f"{text}“{back.target}”. {back.no_hotkey}".strip()
            return self.done(request, text, messages.SUCCESS)
        context = {"back": given_by(label), "target": label.today}
        title = f"Separate “{label}” from “{label.merged_into}”"
        return self.page(request, label, "separate", title, **context)

    def changeable(self, request: HttpRequest, pk: int) -> Label:
        label = get_object_or_404(Label, pk=pk)
        if not self.has_change_permission(request, label):
            raise PermissionDenied
        return label

    def done(self, request: HttpRequest, text: str, level: int) -> HttpResponse:
        """Return to the list, with a message."""
        self.message_user(request, text, level)
        return HttpResponseRedirect(reverse("admin:catalog_label_changelist"))

    def page(
        self, request: HttpRequest, label: Label, name: str, title: str, **context: Any
    ) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "title": title, "label": label}
        return TemplateResponse(request, f"admin/catalog/label/{name}.html", context)


def _counted(use: Use) -> str:
    """Return what moved, in words."""
    texts = [ngettext("%d annotation", "%d annotations", use.annotations) % use.annotations]
    if use.decisions:
        texts.append(ngettext("%d decision", "%d decisions", use.decisions) % use.decisions)
    return " and ".join(texts)
