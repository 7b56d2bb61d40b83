"""Store what crawlers read: batches of products, their pictures, and what is gone.

What did not change is not written at all: a second crawl of an unchanged shop writes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import DataError, IntegrityError, OperationalError, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from catalog.changes import PRODUCT_FIELDS, known_values, price_change
from catalog.loading import ATTEMPTS, first_line, labeller_named
from catalog.models import Annotation, Label, Picture, PriceChange, Product, Source
from catalog.photos import CleanPhoto
from catalog.reading import ProductRow
from catalog.storage import picture_name, store_anew, store_once, thumbnail_name


@dataclass(slots=True)
class Upserted:
    """What a batch came to. products: by external id, all that are stored now."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    relisted: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture of a product, cleaned, not stored yet. reference: the address it came from."""

    product_id: int
    reference: str
    position: int
    photo: CleanPhoto


def upsert(source: Source, rows: Sequence[ProductRow]) -> Upserted:
    """Store a batch in one transaction; the first of several rows with one id counts.

    Each row names its department, which holds for new products only: pictures are embedded for the
    department that a product came in. A value that a row lacks erases none. A row that the
    database refuses is told in ``failed`` and stops nothing. Raises OperationalError where the
    database is away or others keep changing the batch.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _Batch(source, rows).store()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected) or attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


class _Batch:
    """A batch on its way: what is new, what changed, and what it came to."""

    def __init__(self, source: Source, rows: Iterable[ProductRow]) -> None:
        self.source = source
        self.rows: dict[str, ProductRow] = {}
        for row in rows:
            self.rows.setdefault(row.external_id, row)
        self.result = Upserted()
        self.new: list[Product] = []
        self.changed: list[tuple[Product, PriceChange | None]] = []

    @transaction.atomic
    def store(self) -> Upserted:
        # One import or crawl of a source at a time, and products in the order in which all lock.
        Source.objects.select_for_update(no_key=True).get(pk=self.source.pk)
        products = self.source.products.filter(external_id__in=self.rows).order_by("pk")
        known = {one.external_id: one for one in products.select_for_update(no_key=True)}
        for external_id, row in self.rows.items():
            self.compare(known.get(external_id), row)
        for product in self.written(self.new, self.create):
            self.result.created += 1
            self.result.products[product.external_id] = product
        for product, _ in self.written(self.changed, self.update):
            self.result.updated += 1
            self.result.products[product.external_id] = product
        return self.result

    def compare(self, product: Product | None, row: ProductRow) -> None:
        values = known_values(row)
        if product is None:
            facts = {"external_id": row.external_id, "department": row.department, **values}
            self.new.append(Product(source=self.source, **facts))
            return
        if product.is_active and all(getattr(product, name) == values[name] for name in values):
            self.result.unchanged += 1
            self.result.products[product.external_id] = product
            return
        change = price_change(product, values)
        self.result.relisted += not product.is_active
        for name, value in {**values, "is_active": True, "seen_at": timezone.now()}.items():
            setattr(product, name, value)
        self.changed.append((product, change))

    def create(self, products: Sequence[Product]) -> None:
        Product.objects.bulk_create(products)

    def update(self, changed: Sequence[tuple[Product, PriceChange | None]]) -> None:
        fields = [*PRODUCT_FIELDS, "is_active", "seen_at"]
        Product.objects.bulk_update([product for product, _ in changed], fields)
        PriceChange.objects.bulk_create(change for _, change in changed if change is not None)

    def written(self, rows: list[Any], write: Any) -> list[Any]:
        """Write the rows at once, or one by one where the database refuses one of them."""
        if not rows:
            return []
        try:
            with transaction.atomic():
                write(rows)
        except (DataError, IntegrityError) as error:
            if len(rows) == 1:
                product = rows[0][0] if isinstance(rows[0], tuple) else rows[0]
                self.result.failed[product.external_id] = first_line(error)
                return []
            return [done for row in rows for done in self.written([row], write)]
        return rows


def add_pictures(pictures: Sequence[NewPicture]) -> dict[tuple[int, str], Picture]:
    """Store pictures, files first; return the rows by product and sha256, known ones too.

    A picture whose product is gone meanwhile has no row. One whose file broke is stored anew.
    """
    ids = {new.product_id for new in pictures}
    hashes = {new.photo.sha256 for new in pictures}
    broken = set(
        Picture.objects.filter(sha256__in=hashes, is_readable=False).values_list(
            "sha256", flat=True
        )
    )
    for new in pictures:
        store_files(new.photo, anew=new.photo.sha256 in broken)
    with transaction.atomic():
        locked = Product.objects.filter(pk__in=ids).select_for_update(no_key=True).order_by("pk")
        products = {product.pk for product in locked}
        rows = {
            (row.product_id, row.sha256): row
            for row in Picture.objects.filter(product__in=products, sha256__in=hashes)
        }
        made: dict[tuple[int, str], Picture] = {}
        for new in pictures:
            key = (new.product_id, new.photo.sha256)
            if new.product_id in products and key not in rows:
                made.setdefault(key, _picture(new))
        Picture.objects.bulk_create(made.values())
        mended = [row.pk for row in rows.values() if not row.is_readable]
        Picture.objects.filter(pk__in=mended).update(is_readable=True)
    return {**rows, **made}


def store_files(photo: CleanPhoto, *, anew: bool = False) -> None:
    """Store a picture's files where they are not yet; anew: in place of what lies there."""
    store = store_anew if anew else store_once
    store(picture_name(photo.sha256), photo.jpeg)
    store(thumbnail_name(photo.sha256), photo.thumbnail)


def _picture(new: NewPicture) -> Picture:
    return Picture(
        product_id=new.product_id,
        sha256=new.photo.sha256,
        file=picture_name(new.photo.sha256),
        thumbnail=thumbnail_name(new.photo.sha256),
        perceptual_hash=new.photo.phash,
        position=new.position,
        width=new.photo.width,
        height=new.photo.height,
        reference=new.reference,
    )


def put_labels(source: Source, labels: Mapping[int, Label]) -> None:
    """Put these labels, by product id, on the products' pictures in the source's own name.

    A label that the source gave before is changed; what people said stays.
    """
    if not labels:
        return
    labeller = labeller_named(f"source {source.name}")
    given = {
        annotation.picture_id: annotation
        for annotation in Annotation.objects.filter(labeller=labeller, picture__product__in=labels)
    }
    pictures = Picture.objects.filter(product__in=labels).values_list("pk", "product_id")
    new = []
    for picture, product in pictures:
        annotation, label = given.get(picture), labels[product]
        if annotation is None:
            new.append(Annotation(picture_id=picture, labeller=labeller, label=label))
        elif annotation.label_id != label.pk:
            annotation.relabel(label)
    Annotation.objects.bulk_create(new, ignore_conflicts=True)


def delist(ids: Iterable[int]) -> int:
    """Take these products off the shelf; return how many were on it."""
    with transaction.atomic():
        products = Product.objects.active().filter(pk__in=list(ids)).order_by("pk")
        locked = [product.pk for product in products.select_for_update(no_key=True)]
        return Product.objects.filter(pk__in=locked).update(is_active=False)
