"""Store batches of a crawl: products, sightings, the addresses of pictures, then the pictures.

Everything here talks to the database and belongs into one thread beside Scrapy's.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from catalog.models import Department, Picture, Product
from catalog.photos import CleanPhoto
from catalog.reading import ImageRef, ProductRow
from catalog.upserting import NewPicture, add_pictures, upsert
from crawlers.items import ProductItem
from crawlers.models import CrawlRun, PictureLink, Sighting
from crawlers.rules import Rules

MOST_PICTURES = 20  # of one product
# A picture that was stored is asked for again, with its ETag, no sooner than this.
CHECK_AGAIN = timedelta(days=30)
# Where what a shop shows no more is put: behind all that it shows, and not asked for again.
BEHIND = 1000
MOST_CATEGORIES = 1000  # that a run counts one by one


@dataclass(slots=True)
class Asked:
    """What came of asking for a picture: a photo, or why there is none, or that it is the same."""

    link: PictureLink
    photo: CleanPhoto | None = None
    failure: str = ""
    etag: str = ""
    modified: str = ""


@dataclass(slots=True)
class Counts:
    """What a run has stored so far.

    with_…: of the items, for how well the shop was read. reasons: why items were not stored.
    uncaught: categories that no rule catches.
    """

    items: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    relisted: int = 0
    failed: int = 0
    pictures: int = 0
    pictures_failed: int = 0
    with_price: int = 0
    with_picture: int = 0
    with_title: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    uncaught: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, numbers: Mapping[str, Any]) -> "Counts":
        """Return the counts that ``numbers()`` gave."""
        return cls(**{name: numbers.get(name, 0) for name in cls().numbers()})

    def numbers(self) -> dict[str, int]:
        """Return the numbers alone."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.type is int}


class Storing:
    """Store what one run reads; only: the external ids of which pictures are wanted, None: all."""

    def __init__(
        self, run: CrawlRun, counts: Counts | None = None, *, only: Set[str] | None = None
    ) -> None:
        self.run, self.only = run, only
        self.rules = Rules.of(run.source, run.crawl.department)
        self.counts = counts or Counts()

    def store(self, items: Sequence[ProductItem]) -> list[str]:
        """Store a batch; return the external ids that are in the catalogue now, or were refused.

        What the shop offers but the database refuses is not absent from the shop.
        """
        counts = self.counts
        rows = []
        for item in items:
            counts.items += 1
            counts.with_price += item.price is not None
            counts.with_picture += bool(item.images)
            counts.with_title += bool(item.title)
            rule = self.rules.first(item.category)
            if rule is None:
                self._count_uncaught(item.category)
            department = rule.department if rule else self.rules.department
            if department:
                rows.append(row_of(item, department))
            else:
                counts.reasons["no department"] += 1
        with transaction.atomic():
            done = upsert(self.run.source, rows)
            self._see(done.products.values())
            by_id = {row.external_id: row for row in rows}
            known = {one: product for one, product in done.products.items() if one in by_id}
            self._link([(product, by_id[one]) for one, product in known.items()])
            self.rules.put_labels(self.run.source, known.values())
        counts.created += done.created
        counts.updated += done.updated
        counts.unchanged += done.unchanged
        counts.relisted += done.relisted
        counts.failed += len(done.failed)
        counts.reasons.update(f"refused: {reason}" for reason in done.failed.values())
        return [item.external_id for item in items]

    def _see(self, products: Iterable[Product]) -> None:
        """Note that these are there."""
        ids = {product.pk for product in products}
        sightings = Sighting.objects.filter(crawl=self.run.crawl_id, product__in=ids)
        missed = dict(sightings.values_list("product", "absences"))
        Sighting.objects.bulk_create(
            [Sighting(crawl_id=self.run.crawl_id, product_id=pk) for pk in ids - set(missed)],
            ignore_conflicts=True,
        )
        back = [pk for pk, absences in missed.items() if absences]
        if back:
            sightings.filter(product__in=back).update(absences=0)

    def _count_uncaught(self, category: str) -> None:
        uncaught = self.counts.uncaught
        if category in uncaught or len(uncaught) < MOST_CATEGORIES:
            uncaught[category] += 1

    def _link(self, products: Sequence[tuple[Product, ProductRow]]) -> None:
        """Note where the products' pictures are to be had, and their order.

        What a product that has others shows no more goes behind; one without any keeps them.
        """
        known: dict[int, dict[str, PictureLink]] = defaultdict(dict)
        for link in PictureLink.objects.filter(product__in=[one.pk for one, _ in products]):
            known[link.product_id][link.url] = link
        new, moved = [], []
        for product, row in products:
            places = {image.reference: image.position for image in row.images[:MOST_PICTURES]}
            links = known[product.pk]
            new += [
                PictureLink(product=product, url=url, position=place)
                for url, place in places.items()
                if url not in links
            ]
            for url, link in links.items():
                place = places.get(url, BEHIND) if places else link.position
                if link.position != place:
                    link.position = place
                    moved.append(link)
        PictureLink.objects.bulk_create(new, ignore_conflicts=True)
        for link in moved:
            link.save(update_fields=["position"])
        _put_in_order({link.picture_id for link in moved})

    def wanted(self) -> QuerySet[PictureLink]:
        """Return the source's pictures that are to be asked for, the first of a product first.

        Those never stored, those whose file broke, and those not asked for in a long time; none
        twice in one run, nor what its shop shows no more.
        """
        due = Q(picture=None) | Q(picture__is_readable=False)
        due |= Q(checked_at__lt=timezone.now() - CHECK_AGAIN)
        links = PictureLink.objects.filter(
            due,
            position__lt=BEHIND,
            product__source=self.run.source_id,
            product__is_active=True,
        )
        if self.only is not None:
            links = links.filter(product__external_id__in=list(self.only))
        waiting = links.filter(Q(tried_in=None) | ~Q(tried_in=self.run.pk))
        return waiting.select_related("product", "picture").order_by("position", "pk")

    def store_pictures(self, asked: Sequence[Asked]) -> None:
        """Store what came, and note of each address that it was asked."""
        new = [
            NewPicture(one.link.product_id, one.link.url, one.link.position, one.photo)
            for one in asked
            if one.photo is not None
        ]
        with transaction.atomic():
            stored = add_pictures(new)
            before = {one.link.picture_id for one in asked if one.photo is not None}
            now = timezone.now()
            for one in asked:
                link = one.link
                link.tried_in, link.failure = self.run, one.failure
                if one.photo is not None:
                    link.picture = stored.get((link.product_id, one.photo.sha256))
                if not one.failure:
                    link.checked_at, link.etag, link.modified = now, one.etag, one.modified
            # One statement of values, where bulk_update would write a case for each.
            links = PictureLink.objects.filter(pk__in=[one.link.pk for one in asked])
            there = set(links.select_for_update().order_by("pk").values_list("pk", flat=True))
            PictureLink.objects.bulk_create(
                [one.link for one in asked if one.link.pk in there],
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=["tried_in", "failure", "picture", "checked_at", "etag", "modified"],
            )
            _put_in_order(before | {one.link.picture_id for one in asked if one.photo is not None})
            products = {one.link.product_id: one.link.product for one in asked if one.photo}
            self.rules.put_labels(self.run.source, products.values())
        self.counts.pictures += len(new)
        self.counts.pictures_failed += sum(bool(one.failure) for one in asked)


def _put_in_order(ids: Iterable[int | None]) -> None:
    """Put pictures where the first of their addresses stands, those without any behind the rest."""
    pictures = Picture.objects.filter(pk__in=[pk for pk in ids if pk is not None])
    firsts = dict(
        PictureLink.objects.filter(picture__in=pictures)
        .values_list("picture")
        .annotate(first=Min("position"))
    )
    for pk, position in pictures.values_list("pk", "position"):
        first = firsts.get(pk, BEHIND)
        if position != first:
            Picture.objects.filter(pk=pk).update(position=first)


def row_of(item: ProductItem, department: str) -> ProductRow:
    """Return an item as a row of the catalogue, cut to the lengths that its tables hold."""
    images = [image for image in item.images if len(image.url) <= 2000]
    return ProductRow(
        row=0,
        external_id=item.external_id[:200],
        title=item.title[:500],
        url=_address(item.purchase_url) or _address(item.url),
        brand=item.brand[:200],
        description=item.description[:50_000],
        category=item.category[:200],
        department=department if department in Department.values else None,
        label=None,
        price=item.price,
        price_max=item.price_max,
        regular_price=item.regular_price,
        currency=item.currency,
        availability=item.availability,
        width_cm=item.width_cm,
        height_cm=item.height_cm,
        images=tuple(ImageRef(image.url, "url", image.position, image.alt) for image in images),
    )


def _address(url: str) -> str:
    return url if len(url) <= 2000 and url.startswith(("http://", "https://")) else ""
