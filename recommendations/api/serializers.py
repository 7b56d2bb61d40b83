"""What the API takes and gives."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from catalog.models import Department, Product
from jobs.models import Job
from recommendations import walls
from recommendations.forms import HIGHEST_PRICE
from recommendations.intake import check_range, take_photo
from recommendations.models import (
    DEFAULT_COUNT,
    MAX_COUNT,
    MIN_COUNT,
    Match,
    Strength,
    Submission,
)
from recommendations.search import PAGED, Wishes

# Further pages of similar products are not what anybody looks at.
MAX_OFFSET = PAGED


class PriceRangeInput(serializers.Serializer[Any]):
    """Take a price range in the site's currency, which may be named."""

    price_min = serializers.DecimalField(
        12, 2, required=False, allow_null=True, min_value=0, max_value=HIGHEST_PRICE
    )
    price_max = serializers.DecimalField(
        12, 2, required=False, allow_null=True, min_value=0, max_value=HIGHEST_PRICE
    )
    currency = serializers.CharField(
        required=False, max_length=3, help_text="of the prices: the site's own, and no other"
    )

    def validate_currency(self, value: str) -> str:
        if value.upper() != settings.DEFAULT_CURRENCY:
            raise serializers.ValidationError(
                f"Prices are in {settings.DEFAULT_CURRENCY} here: name them in that, and no other."
            )
        return settings.DEFAULT_CURRENCY

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            # Forms send empty fields for what was left out.
            data = {name: value for name, value in data.items() if value != ""}
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            check_range(attrs.get("price_min"), attrs.get("price_max"))
        except ValidationError as error:
            raise serializers.ValidationError({"price_max": get_error_detail(error)}) from error
        return attrs


class SubmissionInput(PriceRangeInput):
    """Take a photo, or the address of one, and wishes."""

    photo = serializers.FileField(required=False, allow_empty_file=True)
    photo_url = serializers.URLField(required=False, max_length=2000)
    department = serializers.ChoiceField(choices=Department.choices)
    count = serializers.IntegerField(
        required=False, min_value=MIN_COUNT, max_value=MAX_COUNT, default=DEFAULT_COUNT
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        try:
            attrs["photo_cleaned"] = take_photo(attrs.get("photo"), attrs.get("photo_url", ""))
        except ValidationError as error:
            field = "photo_url" if attrs.get("photo_url") else "photo"
            raise serializers.ValidationError({field: get_error_detail(error)}) from error
        attrs["wishes"] = Wishes(
            department=attrs["department"],
            price_min=attrs.get("price_min"),
            price_max=attrs.get("price_max"),
            currency=settings.DEFAULT_CURRENCY,
            count=attrs["count"],
        )
        return attrs


class SubmissionCreated(serializers.ModelSerializer[Submission]):
    """Give the token of a new submission and where its result will be."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = Submission
        fields = ("token", "state", "url")

    def get_url(self, submission: Submission) -> str:
        return str(self.context["request"].build_absolute_uri(submission.get_absolute_url()))


class ProductOutput(serializers.ModelSerializer[Product]):
    """Give a product as shops would list it."""

    id = serializers.UUIDField(source="public_id")
    source = serializers.CharField(source="source.name")  # type: ignore[assignment]  # a field that shares a name with an option of fields
    images = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = (
            "id",
            "department",
            "source",
            "external_id",
            "title",
            "brand",
            "category",
            "url",
            "price",
            "price_max",
            "currency",
            "availability",
            "width_cm",
            "height_cm",
            "seen_at",
            "images",
        )

    def get_images(self, product: Product) -> list[str]:
        build = self.context["request"].build_absolute_uri
        return [build(picture.thumbnail_url) for picture in product.pictures.all()]


class MatchOutput(serializers.ModelSerializer[Match]):
    """Give a match: the product, its rank from 1, and the cosine distance in [0, 2]."""

    id = serializers.UUIDField(source="product.public_id")
    external_id = serializers.CharField(source="product.external_id")
    title = serializers.CharField(source="product.title")
    price = serializers.DecimalField(12, 2, source="product.price", allow_null=True)
    currency = serializers.CharField(source="product.currency")
    url = serializers.CharField(source="product.url")
    source = serializers.CharField(source="product.source.name")  # type: ignore[assignment]  # a field that shares a name with an option of fields
    seen_at = serializers.DateTimeField(source="product.seen_at")
    image = serializers.SerializerMethodField()

    class Meta:
        model = Match
        fields = (
            "rank",
            "id",
            "external_id",
            "title",
            "price",
            "currency",
            "url",
            "source",
            "seen_at",
            "image",
            "distance",
            "strength",
        )

    def get_image(self, match: Match) -> str:
        return str(self.context["request"].build_absolute_uri(match.picture.thumbnail_url))


class SubmissionOutput(SubmissionCreated):
    """Give a submission; matches and walls once it is done.

    ``wall_svg`` is the first wall as self-contained SVG text (art only), ``walls`` where each
    arrangement can be had.
    """

    state = serializers.ChoiceField(choices=Job.State.choices)
    label = serializers.SerializerMethodField()  # type: ignore[assignment]  # a field that shares a name with an option of fields
    model_version = serializers.IntegerField(source="version.number", allow_null=True, default=None)
    matches = serializers.SerializerMethodField()
    wall_svg = serializers.SerializerMethodField()
    walls = serializers.SerializerMethodField()

    class Meta:
        model = Submission
        fields = (
            "token",
            "state",
            "url",
            "error",
            "department",
            "price_min",
            "price_max",
            "currency",
            "count",
            "label",
            "confidence",
            "is_weak",
            "next_price",
            "model_version",
            "took_ms",
            "matches",
            "wall_svg",
            "walls",
            "created_at",
            "finished_at",
        )

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_label(self, submission: Submission) -> str | None:
        return submission.label or None

    # Whoever waits asks often: what is not done costs one query.
    @extend_schema_field(MatchOutput(many=True))
    def get_matches(self, submission: Submission) -> Any:
        matches = list(submission.matches.all()) if submission.state == Job.State.DONE else []
        return MatchOutput(matches, many=True, context=self.context).data

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_wall_svg(self, submission: Submission) -> str | None:
        if submission.state != Job.State.DONE:
            return None
        wall = next(iter(submission.walls.all()), None)
        return walls.render(wall, submission.matches.all(), self_contained=True) if wall else None

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_walls(self, submission: Submission) -> dict[str, str]:
        if submission.state != Job.State.DONE:
            return {}
        build = self.context["request"].build_absolute_uri
        return {
            wall.arrangement: build(walls.download_url(submission, wall))
            for wall in submission.walls.all()
        }


class QueryInput(PriceRangeInput):
    """Take the parameters of an address, and no others."""

    def to_internal_value(self, data: Any) -> Any:
        if unknown := sorted(data.keys() - self.fields.keys()):
            told = f"There is no such parameter: use {', '.join(self.fields)}."
            raise serializers.ValidationError({name: [told] for name in unknown})
        return super().to_internal_value(data)


class ProductsInput(QueryInput):
    """Take filters over products, and which page of them."""

    department = serializers.ChoiceField(choices=Department.choices, required=False)
    source = serializers.CharField(required=False, max_length=120)  # type: ignore[assignment]  # a field that shares a name with an option of fields
    q = serializers.CharField(required=False, max_length=200, help_text="words of the title")
    available = serializers.BooleanField(required=False, default=False)
    limit = serializers.IntegerField(
        required=False, min_value=1, help_text="products a page; 24 where left out, at most 100"
    )
    offset = serializers.IntegerField(required=False, min_value=0, help_text="for the next page")


class SimilarInput(QueryInput):
    """Take wishes for products similar to a given one."""

    count = serializers.IntegerField(
        required=False, min_value=MIN_COUNT, max_value=MAX_COUNT, default=DEFAULT_COUNT
    )
    offset = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_OFFSET,
        default=0,
        help_text=f"for the next page; at most {PAGED} products are given in all",
    )
    label = serializers.CharField(  # type: ignore[assignment]  # a field that shares a name with an option of fields
        required=False, max_length=60, help_text="only what the encoder takes for this"
    )


class SimilarProduct(serializers.Serializer[Any]):
    """Give a product with its cosine distance to the one asked about."""

    rank = serializers.IntegerField()
    distance = serializers.FloatField()
    strength = serializers.ChoiceField(choices=Strength.choices, allow_blank=True)
    product = ProductOutput()


class SimilarOutput(serializers.Serializer[Any]):
    """Give similar products; where the price leaves too few, what the next one costs."""

    next_price = serializers.DecimalField(12, 2, allow_null=True)
    results = SimilarProduct(many=True)


class Detail(serializers.Serializer[Any]):
    """Give the reason of an answer that is none."""

    detail = serializers.CharField()
