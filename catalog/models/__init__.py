"""The catalogue's tables."""

from catalog.models.departments import Department, department_constraint, no_such_department
from catalog.models.labels import Annotation, AnnotationQuerySet, Label, LabelQuerySet
from catalog.models.products import (
    Picture,
    PictureQuerySet,
    PriceChange,
    Product,
    ProductQuerySet,
    Source,
)
from catalog.models.room import Adjudication, Answer, Lease

__all__ = [
    "Adjudication",
    "Annotation",
    "AnnotationQuerySet",
    "Answer",
    "Department",
    "Label",
    "LabelQuerySet",
    "Lease",
    "Picture",
    "PictureQuerySet",
    "PriceChange",
    "Product",
    "ProductQuerySet",
    "Source",
    "department_constraint",
    "no_such_department",
]
