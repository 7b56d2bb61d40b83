"""The API's operations, one class a resource."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Product
from jobs.models import Job
from ml.models import Embedding, ModelVersion
from recommendations import services
from recommendations.api.serializers import (
    Detail,
    ProductOutput,
    ProductsInput,
    SimilarInput,
    SimilarOutput,
    SubmissionCreated,
    SubmissionInput,
    SubmissionOutput,
)
from recommendations.models import Match, Strength, Submission
from recommendations.search import PAGED, UnknownLabel, Wishes, nearest, next_price
from recommendations.views import private

BAD_INPUT = OpenApiResponse(
    {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    "Bad input, with reasons for each field",
)
NOT_FOUND = OpenApiResponse(Detail, "There is none at this address")


class Unavailable(APIException):
    """Answer 503 and say when to come back."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    wait = 60


class SubmissionsView(APIView):
    """New submissions."""

    parser_classes = [MultiPartParser, FormParser, JSONParser]

    @extend_schema(
        request={"multipart/form-data": SubmissionInput},
        responses={
            202: SubmissionCreated,
            400: BAD_INPUT,
            413: OpenApiResponse(Detail, "More than a photo may have"),
            503: OpenApiResponse(Detail, "Busy; Retry-After says when to come back"),
        },
    )
    def post(self, request: Request) -> Response:
        """Take a photo and wishes; the result is worked out in the background."""
        given = SubmissionInput(data=request.data)
        try:
            given.is_valid(raise_exception=True)
            submission = services.submit(
                given.validated_data["photo_cleaned"], given.validated_data["wishes"]
            )
        except services.Busy as busy:
            raise Unavailable(str(busy)) from busy
        output = SubmissionCreated(submission, context={"request": request})
        return Response(output.data, status=status.HTTP_202_ACCEPTED)


class SubmissionView(APIView):
    """One submission, for whoever knows its token."""

    @extend_schema(responses={200: SubmissionOutput, 404: NOT_FOUND})
    def get(self, request: Request, token: str) -> Any:
        """Give the state, and once done the matches and the walls."""
        submission = get_object_or_404(Submission.objects.defer("vector"), token=token)
        if submission.state == Job.State.DONE:
            shown = Prefetch("matches", queryset=Match.objects.shown())
            prefetch_related_objects([submission], shown, "walls")
        return private(Response(SubmissionOutput(submission, context={"request": request}).data))

    @extend_schema(responses={204: None, 404: NOT_FOUND})
    def delete(self, request: Request, token: str) -> Response:
        """Delete the submission and its photo, for good."""
        get_object_or_404(Submission, token=token).erase()
        return Response(status=status.HTTP_204_NO_CONTENT)


class Pages(LimitOffsetPagination):
    """Pages of 24 products, or as many as asked for up to 100."""

    max_limit = 100


@extend_schema(
    parameters=[ProductsInput], responses={200: ProductOutput(many=True), 400: BAD_INPUT}
)
class ProductsView(ListAPIView[Product]):
    """Products on offer, newest first, with filters."""

    serializer_class = ProductOutput
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Product]:
        given = ProductsInput(data=self.request.query_params)
        given.is_valid(raise_exception=True)
        wishes = given.validated_data
        products = (
            Product.objects.active()
            .priced(wishes.get("price_min"), wishes.get("price_max"), settings.DEFAULT_CURRENCY)
            .select_related("source")
            .prefetch_related("pictures")
        )
        if department := wishes.get("department"):
            products = products.in_department(department)
        if source := wishes.get("source"):
            products = products.filter(source__name=source)
        if words := wishes.get("q"):
            products = products.filter(title__icontains=words)
        if wishes["available"]:
            products = products.available()
        return products


class ProductView(APIView):
    """One product."""

    @extend_schema(responses={200: ProductOutput, 404: NOT_FOUND})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Give the product, also where its source offers it no more."""
        product = get_object_or_404(
            Product.objects.select_related("source").prefetch_related("pictures"),
            public_id=public_id,
        )
        return Response(ProductOutput(product, context={"request": request}).data)


class SimilarView(APIView):
    """Products similar to one of the catalogue."""

    @extend_schema(
        parameters=[SimilarInput],
        responses={
            200: SimilarOutput,
            400: BAD_INPUT,
            404: NOT_FOUND,
            503: OpenApiResponse(Detail, "Not embedded yet; Retry-After says when to come back"),
        },
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        """Give the nearest products under the price, nearest first.

        Where there are fewer than asked for, ``next_price`` is the lowest above the limit.
        """
        product = get_object_or_404(Product, public_id=public_id)
        given = SimilarInput(data=request.query_params)
        given.is_valid(raise_exception=True)
        version = ModelVersion.objects.live().in_department(product.department).first()
        embedding = (
            Embedding.objects.filter(version=version, picture__product=product)
            .order_by("picture__position", "pk")
            .first()
        )
        if version is None or embedding is None:
            raise Unavailable("This product's pictures are not embedded yet. Try again later.")
        offset = given.validated_data["offset"]
        wishes = Wishes(
            department=product.department,
            price_min=given.validated_data.get("price_min"),
            price_max=given.validated_data.get("price_max"),
            currency=settings.DEFAULT_CURRENCY,
            count=given.validated_data["count"],
            offset=offset,
            label=given.validated_data.get("label"),
            excluding=product.pk,
        )
        try:
            found = nearest(version, embedding.vector, wishes, without_itself=True)
        except UnknownLabel as error:
            raise ValidationError({"label": [str(error)]}) from error
        # Pages end at PAGED, whatever the price.
        too_few = len(found) < wishes.count and offset + len(found) < PAGED
        results = [
            {
                "rank": rank,
                "distance": one.distance,
                "strength": Strength.of(one.distance, version),
                "product": one.product,
            }
            for rank, one in enumerate(found, start=offset + 1)
        ]
        output = SimilarOutput(
            {"next_price": next_price(version, wishes) if too_few else None, "results": results},
            context={"request": request},
        )
        return Response(output.data)
