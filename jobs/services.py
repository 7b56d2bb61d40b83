"""Work across jobs: performing one, and sweeping up what fell between."""

import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from jobs.models import Job, JobQuerySet, LostClaim, Refused, last_lines

logger = logging.getLogger(__name__)

WENT_WRONG = "Something went wrong on our side. Nothing of yours is lost: please try again."
FELL_SILENT = "The work stopped three times without an answer, so we gave up. Please try again."


J = TypeVar("J", bound=Job)


def perform(jobs: JobQuerySet[J], pk: int, work: Callable[[J], object]) -> None:
    """Claim the job and run ``work`` on it; delivery twice is harmless.

    ``work`` commits its effect inside ``job.completing()``. What it raises ends here: Refused
    fails the job with its text, anything else gives it back for another attempt.
    """
    job = jobs.claim(pk)
    if job is None:
        return
    try:
        work(job)
    except LostClaim as error:
        logger.warning("%s: its result is dropped", error)
    except Refused as error:
        job.fail(str(error))
    except Exception as error:
        logger.exception("%r failed in attempt %d", job, job.attempts)
        job.give_back(WENT_WRONG, last_lines(error))


def job_models() -> Iterator[type[Job]]:
    """Yield every concrete model that inherits Job."""
    for model in apps.get_models():
        if issubclass(model, Job):
            yield model


def sweep() -> dict[str, int]:
    """Take back silent jobs, ring again for those that wait, and run the settings' SWEEPS.

    Returns how many jobs were taken back, failed for good and rung for.
    """
    counts = {"taken_back": 0, "failed": 0, "rung": 0}
    for model in job_models():
        jobs: JobQuerySet[Any] = model._default_manager.all()  # type: ignore[assignment]  # every Job has a JobQuerySet
        now = timezone.now()
        for job in jobs.stale(now):
            outcome = job.take_back(now, FELL_SILENT, "No heartbeat came within the lease.")
            if outcome:
                counts["failed" if outcome == Job.State.FAILED else "taken_back"] += 1
        for job in jobs.unanswered(timezone.now()).order_by("created_at")[:1000]:
            if not job.ring():
                # A broker that is away stays away for the others: each would cost its time-out.
                break
            counts["rung"] += 1
    for name in settings.SWEEPS:
        try:
            import_string(name)()
        except Exception:
            logger.exception("%s failed; the other sweeps go on", name)
    return counts
