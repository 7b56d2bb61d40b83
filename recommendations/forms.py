"""The submit page's form."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from catalog.models import Department
from catalog.photos import CleanPhoto
from recommendations.intake import check_range, take_photo
from recommendations.models import DEFAULT_COUNT, MAX_COUNT, MIN_COUNT
from recommendations.search import Wishes

HIGHEST_PRICE = Decimal("9999999999.99")


class SubmissionForm(forms.Form):
    """A photo and wishes; once valid, ``photo`` and ``wishes`` hold them cleaned."""

    photo = forms.FileField(required=False)
    department = forms.ChoiceField(
        choices=Department,
        initial=Department.ART,
        error_messages={"invalid_choice": "There is no department “%(value)s”."},
    )
    price_min = forms.DecimalField(
        required=False, min_value=0, max_value=HIGHEST_PRICE, decimal_places=2
    )
    price_max = forms.DecimalField(
        required=False, min_value=0, max_value=HIGHEST_PRICE, decimal_places=2
    )
    count = forms.IntegerField(required=False, min_value=MIN_COUNT, max_value=MAX_COUNT)

    photo_cleaned: CleanPhoto

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        try:
            check_range(data.get("price_min"), data.get("price_max"))
        except ValidationError as error:
            self.add_error("price_max", error)
        if not self.errors:
            # Decoding is the costly part: only where all else is right.
            try:
                self.photo_cleaned = take_photo(data.get("photo"))
            except ValidationError as error:
                self.add_error("photo", error)
        return data

    @property
    def wishes(self) -> Wishes:
        data = self.cleaned_data
        return Wishes(
            department=data["department"],
            price_min=data["price_min"],
            price_max=data["price_max"],
            currency=settings.DEFAULT_CURRENCY,
            count=data["count"] or DEFAULT_COUNT,
        )
