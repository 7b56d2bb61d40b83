"""Load files: products, pictures, and the labels that come with them. Crawls: catalog.upserting."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from django.contrib.auth import get_user_model
from django.db import DataError, IntegrityError, OperationalError, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from catalog.changes import known_values, price_change
from catalog.models import (
    Annotation,
    Department,
    Label,
    Picture,
    Product,
    Source,
    no_such_department,
)
from catalog.reading import ImageRef, ProductRow, RowError
from catalog.row_pictures import Loaded, LoadedPicture, RowPictures
from catalog.storage import picture_name, thumbnail_name

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

BATCH = 200
ATTEMPTS = 5
DECODING_THREADS = 4
SOURCE_NAME_LENGTH = 120

# "repeated": an id the same import has had already, whose row only adds pictures.
Outcome = Literal["created", "updated", "unchanged", "repeated"]


class LoadingError(ValueError):
    """The whole file is refused and nothing of it was stored."""


@dataclass
class ImportReport:
    """What an import did, with one entry per row that could not be taken."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    pictures: int = 0
    failed: list[dict[str, Any]] = field(default_factory=list)
    pictures_failed: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: "ImportReport") -> None:
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.pictures += other.pictures
        self.failed += other.failed
        self.pictures_failed += other.pictures_failed

    def count(self, outcome: Outcome) -> None:
        match outcome:
            case "created":
                self.created += 1
            case "updated":
                self.updated += 1
            case "unchanged":
                self.unchanged += 1

    def fail(self, row: int, reason: str) -> None:
        self.failed.append({"row": row, "reason": reason})

    def fail_picture(self, row: int, reason: str) -> None:
        self.pictures_failed.append({"row": row, "reason": reason})


@dataclass(slots=True)
class Batch:
    """Rows while they are stored: what is known of their products, and what they came to.

    ``hashes`` and ``references`` are those of the readable pictures by product, ``labels`` stand by
    department and name.
    """

    known: dict[str, Product]
    hashes: dict[int, set[str]]
    references: dict[int, set[str]]
    labels: dict[tuple[str, str], Label] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    report: ImportReport = field(default_factory=ImportReport)

    @classmethod
    def of(cls, products: Iterable[Product]) -> Self:
        batch = cls({product.external_id: product for product in products}, {}, {})
        # A picture whose file broke counts as one to fetch: its file is stored anew.
        for product_id, sha256, reference in Picture.objects.filter(
            product__in=batch.known.values(), is_readable=True
        ).values_list("product_id", "sha256", "reference"):
            batch.hashes.setdefault(product_id, set()).add(sha256)
            batch.references.setdefault(product_id, set()).add(reference)
        return batch


def load_products(
    rows: Iterable[ProductRow | RowError],
    *,
    source_name: str,
    folder: Path,
    department: str | None = None,
    on_row: Callable[[int], None] = lambda count: None,
) -> ImportReport:
    """Upsert products and add their pictures, in batches that commit whole.

    ``folder`` is where relative picture paths lie; ``department`` serves rows that name none;
    ``on_row`` is told how many rows each finished batch had. A row that cannot be taken is
    reported and stops nothing. Running the same rows again changes nothing. Raises LoadingError
    for an unknown department and for a source's name that is empty or too long.
    """
    if department is not None and department not in Department.values:
        raise LoadingError(no_such_department(department))
    name = usable_name(source_name, "source", SOURCE_NAME_LENGTH)
    return _Import(name, folder, department).run(rows, on_row)


class _Import:
    """One import under way: its source, what it has seen, and its report."""

    def __init__(self, source_name: str, folder: Path, department: str | None) -> None:
        self.source_name = source_name
        self.department = department
        self.report = ImportReport()
        self.seen: set[str] = set()
        self.labels = set(Label.objects.values_list("department", "name"))
        broken = Picture.objects.filter(is_readable=False).values_list("sha256", flat=True)
        self.pictures = RowPictures(folder, set(broken))

    def run(
        self, rows: Iterable[ProductRow | RowError], on_row: Callable[[int], None]
    ) -> ImportReport:
        with ThreadPoolExecutor(DECODING_THREADS, thread_name_prefix="pictures") as pool:
            for batch in _batches(rows):
                self.load_batch(self.checked(batch), pool)
                on_row(len(batch))
        # A batch reports what cannot be read before what cannot be stored.
        for failures in (self.report.failed, self.report.pictures_failed):
            failures.sort(key=lambda failure: failure["row"])
        return self.report

    def checked(self, batch: list[ProductRow | RowError]) -> list[ProductRow]:
        rows = []
        for row in batch:
            if isinstance(row, RowError):
                self.report.fail(row.row, row.reason)
                continue
            department = self.department_of(row)
            if not department:
                self.report.fail(row.row, "names no department: give one with --department")
            elif department not in Department.values:
                self.report.fail(row.row, f"unknown department {department!r}")
            elif row.label and (department, row.label) not in self.labels:
                self.report.fail(row.row, unknown_label(row.label, department))
            else:
                rows.append(row)
        return rows

    def department_of(self, row: ProductRow) -> str:
        return row.department or self.department or ""

    def load_batch(self, rows: list[ProductRow], pool: ThreadPoolExecutor) -> None:
        if not rows:
            return
        source, _ = Source.objects.get_or_create(name=self.source_name)
        products = source.products.filter(external_id__in={row.external_id for row in rows})
        before = Batch.of(products)

        def load(row: ProductRow) -> Loaded:
            product = before.known.get(row.external_id)
            if product is None:
                return self.pictures.load(row, set(), set())
            if product.department != self.department_of(row):
                return [], []
            return self.pictures.load(
                row,
                before.hashes.get(product.pk, set()),
                before.references.get(product.pk, set()),
            )

        loaded = list(pool.map(load, rows))
        for _ in range(ATTEMPTS):
            try:
                batch = self.store(source, products, rows, loaded)
            except OperationalError as error:
                if not isinstance(error.__cause__, DeadlockDetected):
                    raise
            else:
                self.seen |= batch.seen
                self.report.add(batch.report)
                return
        for row in rows:
            self.report.fail(
                row.row, "others kept changing its batch, nothing of it is stored: import again"
            )

    def store(
        self,
        source: Source,
        products: "QuerySet[Product]",
        rows: list[ProductRow],
        loaded: list[Loaded],
    ) -> Batch:
        """Store the rows in one transaction; raises OperationalError where that is rolled back."""
        with transaction.atomic():
            # One import of a source at a time, and products in the order in which all lock them.
            Source.objects.select_for_update(no_key=True).get(pk=source.pk)
            batch = Batch.of(products.select_for_update(no_key=True).order_by("pk"))
            for department in sorted({self.department_of(row) for row in rows if row.label}):
                for label in Label.objects.held(department).values():
                    batch.labels[department, label.name] = label
            for row, (pictures, failures) in zip(rows, loaded, strict=True):
                try:
                    with transaction.atomic():
                        self.upsert(source, batch, row, pictures, failures)
                except (DataError, IntegrityError) as error:
                    batch.report.fail(row.row, f"the database refused it: {first_line(error)}")
                    if product := batch.known.get(row.external_id):
                        product.refresh_from_db()
        return batch

    def upsert(
        self,
        source: Source,
        batch: Batch,
        row: ProductRow,
        pictures: list[LoadedPicture],
        failures: list[tuple[ImageRef, str]],
    ) -> None:
        product = batch.known.get(row.external_id)
        department = self.department_of(row)
        if product is not None and product.department != department:
            batch.report.fail(
                row.row,
                f"id {row.external_id!r} is taken by a product of department "
                f"{product.department} in source {source.name!r}: give another --source",
            )
            return
        label = batch.labels.get((department, row.label)) if row.label else None
        if row.label and label is None:
            batch.report.fail(row.row, unknown_label(row.label, department))
            return
        self.report_pictures(batch.report, row, failures)
        has_pictures = bool(pictures) or (
            product is not None and bool(batch.hashes.get(product.pk))
        )
        if not has_pictures and any(ref.kind == "path" for ref, _ in failures):
            return
        product, outcome = self.upsert_product(source, batch, row, product)
        mine = set(batch.hashes.get(product.pk, ()))
        before = len(mine)
        for picture in pictures:
            if picture.sha256 in mine or picture.photo is None:
                continue
            _, is_new = Picture.objects.update_or_create(
                product=product,
                sha256=picture.sha256,
                defaults={"is_readable": True, "reference": picture.ref.reference},
                create_defaults={
                    "file": picture_name(picture.sha256),
                    "thumbnail": thumbnail_name(picture.sha256),
                    "perceptual_hash": picture.photo.phash,
                    "position": len(mine),
                    "width": picture.photo.width,
                    "height": picture.photo.height,
                    "reference": picture.ref.reference,
                },
            )
            if not is_new and outcome == "unchanged":
                outcome = "updated"
            mine.add(picture.sha256)
        if label and self.relabelled(product, row, label):
            outcome = "updated" if outcome == "unchanged" else outcome
        # Remembered only now that the database has taken the whole row.
        batch.known[row.external_id] = product
        batch.hashes[product.pk] = mine
        batch.seen.add(row.external_id)
        batch.report.pictures += len(mine) - before
        batch.report.count(outcome)

    def report_pictures(
        self, report: ImportReport, row: ProductRow, failures: list[tuple[ImageRef, str]]
    ) -> None:
        for ref, reason in failures:
            text = f"picture {ref.reference!r}: {reason}"
            if ref.kind == "path":
                report.fail(row.row, text)
            else:
                report.fail_picture(row.row, text)
        foreign = sum(ref.kind == "foreign" for ref in row.images)
        if foreign:
            named = "1 picture lies" if foreign == 1 else f"{foreign} pictures lie"
            report.fail_picture(
                row.row, f"{named} on another machine, or outside the folder of the file"
            )

    def upsert_product(
        self, source: Source, batch: Batch, row: ProductRow, product: Product | None
    ) -> tuple[Product, Outcome]:
        values = known_values(row)
        if product is None:
            product = Product.objects.create(
                source=source,
                department=self.department_of(row),
                external_id=row.external_id,
                **values,
            )
            return product, "created"
        if row.external_id in self.seen or row.external_id in batch.seen:
            return product, "repeated"
        changed = [name for name in values if getattr(product, name) != values[name]]
        if not product.is_active:
            product.is_active = True
            changed.append("is_active")
        if change := price_change(product, values):
            change.save()
        for name in values:
            setattr(product, name, values[name])
        product.seen_at = timezone.now()
        product.save(update_fields=[*changed, "seen_at"])
        return product, "updated" if changed else "unchanged"

    def relabelled(self, product: Product, row: ProductRow, label: Label) -> bool:
        """Put the row's label on the pictures it names; True where one had another label."""
        labeller = labeller_named(f"source {self.source_name}")
        named = product.pictures.filter(reference__in=[ref.reference for ref in row.images])
        return Annotation.objects.relabel(named, labeller, label)


def unknown_label(name: str, department: str) -> str:
    """Say that the department lacks the label."""
    return f"unknown label {name!r} in department {department}"


def labeller_named(name: str) -> "User":
    """Return the user of that name, made without a password and unable to log in if new."""
    users = get_user_model()
    user = users.objects.filter(username=name).first()
    if user is None:
        user = users(username=name, is_active=False)
        user.set_unusable_password()
        user.save()
    return user


def usable_name(name: str, what: str, longest: int) -> str:
    """Return the trimmed name; raises LoadingError where it is empty or too long."""
    name = name.strip()
    if not name or len(name) > longest:
        raise LoadingError(f"The {what} needs a name of 1 to {longest} characters.")
    return name


def first_line(error: Exception) -> str:
    """Return what an error says, without its details."""
    return str(error).partition("\n")[0]


def _batches(rows: Iterable[ProductRow | RowError]) -> Iterator[list[ProductRow | RowError]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch
