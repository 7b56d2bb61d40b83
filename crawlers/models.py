"""What is crawled, each time it was, what was met there, and how categories are read."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models import Department, Label, Picture, Product, Source, department_constraint
from jobs.models import Job, JobQuerySet

# A file in a run's folder that names the claim whose state on disk is whole.
CLEAN_STOP = "stopped-cleanly"
CURRENCY = r"^[A-Z]{3}$"


class Crawl(models.Model):
    """Where products of a source are crawled, how, and how often.

    ``spider`` is a name of crawlers.spiders. ``department`` is for products that no category rule
    catches, ``currency`` for prices for which the shop names none. ``every_days`` is None where
    nobody but people starts it.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="crawls")
    spider = models.CharField(max_length=40)
    url = models.CharField("address", max_length=2000)
    department = models.CharField(
        max_length=16,
        choices=Department,
        blank=True,
        help_text="Of products that no category rule catches; without it those are left out.",
    )
    currency = models.CharField(
        max_length=3,
        blank=True,
        validators=[RegexValidator(CURRENCY, "A code of three capitals, as in EUR.")],
        help_text="Of prices for which the shop names none, as in EUR.",
    )
    every_days = models.PositiveSmallIntegerField(
        "every … days", null=True, blank=True, help_text="Left empty, only people start it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "url"], name="crawl_address_once_a_source"),
            models.CheckConstraint(
                condition=Q(department="") | Q(department__in=Department.values),
                name="crawl_department_known",
            ),
            models.CheckConstraint(
                condition=Q(currency="") | Q(currency__regex=CURRENCY),
                name="crawl_currency_code",
            ),
            models.CheckConstraint(
                condition=Q(every_days=None) | Q(every_days__gt=0), name="crawl_every_day_at_most"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.url}"


class CrawlRun(Job):
    """One time that a crawl is done; a process of its own does it while a worker keeps watch.

    ``progress`` holds what the pages show: counts by name, "errors", "skipped" (what the spider
    left out) and "not_stored" by kind, "uncaught" (categories without a rule), "log", "rate"
    (products a second), "fill" (the share of products with a price, picture and title), "speaks"
    (the spider that “auto” took).
    """

    TASK = "crawlers.tasks.crawl"
    QUEUE = "crawling"
    LEASE = timedelta(seconds=30)

    class Outcome(models.TextChoices):
        COMPLETE = "complete", "Complete"
        PARTIAL = "partial", "Not everything could be read"
        LIMITED = "limited", "Stopped at its limit"
        SUSPICIOUS = "suspicious", "Suspicious"

    crawl = models.ForeignKey(Crawl, on_delete=models.CASCADE, related_name="runs")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", editable=False)
    limit = models.PositiveIntegerField(null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False
    )
    progress = models.JSONField(default=dict, editable=False)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, editable=False)
    remark = models.TextField(blank=True, editable=False)
    to_confirm = models.PositiveIntegerField(default=0, editable=False)
    accepted = models.BooleanField(default=False, editable=False)

    objects = JobQuerySet["CrawlRun"].as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("run_crawl", "Can start, cancel and resume crawls, and confirm them")]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(state__in=[Job.State.QUEUED, Job.State.RUNNING]),
                name="crawl_one_a_source",
            ),
        ]

    def __str__(self) -> str:
        return f"crawl run {self.pk} ({self.source})"

    @property
    def folder(self) -> Path:
        """Return where the run keeps what it needs to go on after a stop."""
        return Path(settings.MEDIA_ROOT) / "crawls" / str(self.pk)

    @property
    def can_go_on(self) -> bool:
        """Say whether the run stopped cleanly, so that it goes on and need not begin anew."""
        return (self.folder / CLEAN_STOP).exists()

    @property
    def shown_as(self) -> str:
        """Return the run's state in one word, with those that only crawls know."""
        if self.is_cancelled:
            return "cancelled"
        if self.state == self.State.DONE and self.outcome == self.Outcome.SUSPICIOUS:
            return "suspicious"
        return self.state

    def tell(self, **facts: Any) -> bool:
        """Write facts about how far the run is; False where the claim was lost."""
        return bool(self._held().update(**facts))

    def hand_over(self) -> bool:
        """Queue the run again without counting the attempt, for a worker that is to end."""
        return bool(
            self._held().update(
                state=self.State.QUEUED,
                claim_token=None,
                rung_at=None,
                attempts=F("attempts") - 1,
            )
        )


def all_read(progress: Mapping[str, Any]) -> bool:
    """Say whether a run has read as many products as the shop says it has; then come pictures."""
    total = progress.get("total")
    return bool(total) and progress.get("items", 0) >= total


class Sighting(models.Model):
    """A product that a crawl has met, and in how many of its last complete runs it was absent.

    Counted up to 2, from which on the product is off the shelf as far as this crawl knows.
    """

    MISSED: ClassVar[int] = 2

    crawl = models.ForeignKey(Crawl, on_delete=models.CASCADE, related_name="sightings")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="sightings")
    absences = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["crawl", "product"], name="sighting_once_a_crawl"),
        ]

    def __str__(self) -> str:
        return f"{self.product} at {self.crawl}"


class PictureLink(models.Model):
    """The address of a product's picture at its shop, and what came of asking for it.

    ``etag`` and ``modified`` are for asking whether it changed. ``picture`` is None until it was
    stored; ``failure`` says why the last try gave none, in ``tried_in``.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="picture_links")
    url = models.CharField(max_length=2000)
    position = models.PositiveSmallIntegerField(default=0)
    picture = models.ForeignKey(Picture, on_delete=models.SET_NULL, null=True, related_name="+")
    etag = models.CharField(max_length=400, blank=True)
    modified = models.CharField(max_length=100, blank=True)
    failure = models.TextField(blank=True)
    tried_in = models.ForeignKey(CrawlRun, on_delete=models.SET_NULL, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "url"], name="picture_link_once_a_product"),
        ]

    def __str__(self) -> str:
        return self.url


class CategoryRule(models.Model):
    """What a category of a source means here; the first rule that catches a category decides.

    ``words`` are looked for in the category as whole words in this order, whatever their case;
    where commas part them, any of the parts will do.
    """

    order = models.PositiveSmallIntegerField(default=0)
    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, null=True, blank=True, help_text="Left empty: any."
    )
    words = models.CharField(
        max_length=120,
        help_text="Words of the shop's category, as in “art prints”; any of several with commas.",
    )
    department = models.CharField(max_length=16, choices=Department)
    label = models.ForeignKey(
        Label, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            department_constraint("category_rule"),
            models.CheckConstraint(condition=~Q(words=""), name="category_rule_has_words"),
        ]

    def __str__(self) -> str:
        return f"{self.words} → {self.department}" + (f", {self.label}" if self.label else "")
