"""The abstract Job: a row that is work, claimed with a token, finished in one commit."""

import logging
import threading
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, Self, TypeVar

from django.db import DatabaseError, connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone

from jobs import doorbell

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
RING_AGAIN_AFTER = timedelta(seconds=20)


class LostClaim(Exception):
    """Raised where a worker's claim was taken back: its result must not be written."""


class Refused(Exception):
    """Raised by work that can never succeed; its text is shown to people."""


J = TypeVar("J", bound="Job")


class JobQuerySet(models.QuerySet[J], Generic[J]):
    """Reads over jobs, and the one write that hands a job to a worker."""

    def queued(self) -> Self:
        """Return the jobs that wait for a worker."""
        return self.filter(state=Job.State.QUEUED)

    def running(self) -> Self:
        """Return the jobs that a worker has claimed."""
        return self.filter(state=Job.State.RUNNING)

    def failed(self) -> Self:
        """Return the jobs that ended with a reason instead of a result."""
        return self.filter(state=Job.State.FAILED)

    def unfinished(self) -> Self:
        """Return the jobs that are neither done nor failed."""
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])

    def stale(self, now: datetime) -> Self:
        """Return running jobs whose worker has been silent for longer than the lease."""
        return self.running().filter(heartbeat_at__lt=now - self.model.LEASE)

    def unanswered(self, now: datetime) -> Self:
        """Return queued jobs whose doorbell was rung too long ago, or never."""
        return self.queued().filter(Q(rung_at=None) | Q(rung_at__lt=now - RING_AGAIN_AFTER))

    def claim(self, pk: int) -> J | None:
        """Take one queued job, counting the attempt; None where it is not queued."""
        now = timezone.now()
        token = uuid.uuid4()
        taken = (
            self.queued()
            .filter(pk=pk)
            .update(
                state=Job.State.RUNNING,
                claim_token=token,
                attempts=F("attempts") + 1,
                started_at=now,
                heartbeat_at=now,
            )
        )
        return self.filter(pk=pk, claim_token=token).first() if taken else None


class Job(models.Model):
    """A row that is work.

    ``queued`` -> ``running`` (claimed, attempt counted) -> ``done`` or ``failed``; back to
    ``queued`` when its worker failed or fell silent and attempts are left. Every write of a
    worker names its claim token, so a worker that lost its claim changes nothing.
    """

    TASK: ClassVar[str]
    QUEUE: ClassVar[str]
    LEASE: ClassVar[timedelta] = timedelta(seconds=60)
    # The detail of a job that people ended; what a failure leaves there is never this one word.
    CANCELLED: ClassVar[str] = "cancelled"

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    state = models.CharField(max_length=8, choices=State, default=State.QUEUED, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    claim_token = models.UUIDField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False)
    error_detail = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    rung_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED}

    @property
    def is_cancelled(self) -> bool:
        return self.state == self.State.FAILED and self.error_detail == self.CANCELLED

    def ring(self) -> bool:
        """Ring a worker for this job and note when; False where the broker did not take it."""
        if not doorbell.ring(self.TASK, self.pk, queue=self.QUEUE):
            return False
        try:
            type(self)._default_manager.filter(pk=self.pk).update(rung_at=timezone.now())
        except DatabaseError as error:
            # Rung but not noted: the sweeper rings once more, which is harmless.
            logger.warning("The doorbell of %s was not noted: %s", self, error)
        return True

    def ring_after_commit(self) -> None:
        """Ring when the current transaction has committed."""
        transaction.on_commit(self.ring)

    def _held(self) -> models.QuerySet[Any]:
        return type(self)._default_manager.filter(
            pk=self.pk, state=self.State.RUNNING, claim_token=self.claim_token
        )

    def _fail(self, jobs: models.QuerySet[Any], reason: str, detail: str) -> bool:
        return bool(
            jobs.update(
                state=self.State.FAILED,
                finished_at=timezone.now(),
                claim_token=None,
                error=reason,
                error_detail=detail,
            )
        )

    def _release(self, held: models.QuerySet[Any], reason: str, detail: str) -> str:
        if self.attempts >= MAX_ATTEMPTS:
            return self.State.FAILED if self._fail(held, reason, detail) else ""
        if not held.update(
            state=self.State.QUEUED, claim_token=None, rung_at=None, error_detail=detail
        ):
            return ""
        self.ring_after_commit()
        return self.State.QUEUED

    def beat(self) -> None:
        """Say that the worker is alive; raises LostClaim where the job was taken back."""
        if not self._held().update(heartbeat_at=timezone.now()):
            raise LostClaim(f"{self} was taken back")

    @contextmanager
    def beating(self) -> Iterator[threading.Event]:
        """Beat from a thread while the block runs; the event is set when the claim is lost."""
        stop, lost = threading.Event(), threading.Event()

        def keep_beating() -> None:
            while not stop.wait(self.LEASE.total_seconds() / 4):
                try:
                    self.beat()
                except LostClaim:
                    lost.set()
                    return
                except DatabaseError as error:
                    # The next beat may come through well before the lease ends.
                    logger.warning("%s could not beat: %s", self, error)
                finally:
                    connection.close()

        thread = threading.Thread(target=keep_beating, name=f"beat-{self.pk}", daemon=True)
        thread.start()
        try:
            yield lost
        finally:
            stop.set()
            thread.join()

    @contextmanager
    def completing(self) -> Iterator[None]:
        """Commit the block's writes together with ``done``.

        Raises LostClaim, and writes nothing, where the claim no longer holds.
        """
        with transaction.atomic():
            if not self._held().select_for_update().values_list("pk", flat=True).first():
                raise LostClaim(f"{self} was taken back")
            yield
            now = timezone.now()
            self._held().update(
                state=self.State.DONE, finished_at=now, claim_token=None, error="", error_detail=""
            )
        self.state, self.finished_at, self.claim_token = self.State.DONE, now, None

    def fail(self, reason: str, detail: str = "") -> bool:
        """End the job with a reason for people; False where the claim was lost."""
        return self._fail(self._held(), reason, detail)

    def cancel(self, reason: str) -> bool:
        """End the job, whoever holds it, with a reason for people; False where it has ended."""
        unfinished = type(self)._default_manager.filter(
            pk=self.pk, state__in=[self.State.QUEUED, self.State.RUNNING]
        )
        return self._fail(unfinished, reason, self.CANCELLED)

    def give_back(self, reason: str, detail: str = "") -> str:
        """Queue the job again, or fail it with the reason where it had its last attempt.

        Returns the new state, or "" where the claim was lost.
        """
        return self._release(self._held(), reason, detail)

    def take_back(self, now: datetime, reason: str, detail: str = "") -> str:
        """Do as ``give_back`` for a worker that is silent at ``now``; "" where it is not."""
        held = self._held().filter(heartbeat_at__lt=now - self.LEASE)
        return self._release(held, reason, detail)

    def retry(self) -> bool:
        """Queue a failed job anew with all its attempts; False where it has not failed."""
        queued = (
            type(self)
            ._default_manager.filter(pk=self.pk, state=self.State.FAILED)
            .update(
                state=self.State.QUEUED,
                attempts=0,
                error="",
                error_detail="",
                rung_at=None,
                finished_at=None,
            )
        )
        if queued:
            self.ring_after_commit()
        return bool(queued)


def last_lines(error: BaseException, count: int = 30) -> str:
    """Return the end of an error's traceback for the owner."""
    lines = "".join(traceback.format_exception(error)).splitlines()
    return "\n".join(lines[-count:])
