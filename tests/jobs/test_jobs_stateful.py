"""No interleaving of claim, crash, sweep, finish and retry loses or doubles an effect."""

import uuid
from datetime import timedelta

import pytest
from django.db.models import Count
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from jobs import doorbell
from jobs.models import MAX_ATTEMPTS, Job, LostClaim
from jobs.services import sweep
from recommendations.models import Submission, Wall

pytestmark = pytest.mark.django_db(transaction=True)


def effect(job: Submission) -> None:
    """Write what a worker would: a row that hangs on the job."""
    Wall.objects.create(
        submission=job, arrangement=uuid.uuid4().hex[:16], width_cm=1, height_cm=1, colour="#ffffff"
    )


class Workers(RuleBasedStateMachine):
    """Workers, crashes and a sweeper; the effect is a row that hangs on the job."""

    jobs = Bundle("jobs")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        Submission.objects.all().delete()

    @rule(target=jobs)
    def enqueue(self) -> int:
        return Submission.objects.create(
            department="art", photo="photos/none.jpg", photo_width=1, photo_height=1
        ).pk

    @rule(target=claims, pk=jobs)
    def claim(self, pk: int) -> Submission | None:
        before = Submission.objects.get(pk=pk)
        job = Submission.objects.claim(pk)
        assert (job is not None) == (before.state == Job.State.QUEUED)
        if job is not None:
            assert job.attempts == before.attempts + 1
        return job

    @rule(job=claims)
    def finish(self, job: Submission | None) -> None:
        if job is None:
            return
        held = self.holds(job)
        try:
            with job.completing():
                effect(job)
        except LostClaim:
            assert not held
        else:
            assert held

    @rule(job=claims)
    def crash_inside_the_effect(self, job: Submission | None) -> None:
        if job is None or job.claim_token is None:
            return
        with pytest.raises((LostClaim, KeyboardInterrupt)), job.completing():
            effect(job)
            raise KeyboardInterrupt

    @rule(job=consumes(claims))
    def crash(self, job: Submission | None) -> None:
        if job is not None and self.holds(job):
            Submission.objects.filter(pk=job.pk).update(
                heartbeat_at=timezone.now() - timedelta(days=1)
            )

    @rule(job=claims)
    def give_back(self, job: Submission | None) -> None:
        if job is not None:
            held = self.holds(job)
            assert bool(job.give_back("broken")) == held

    @rule()
    def freeze_all(self) -> None:
        Submission.objects.running().update(heartbeat_at=timezone.now() - timedelta(days=1))

    @rule()
    def sweep(self) -> None:
        sweep()
        assert not Submission.objects.stale(timezone.now()).exists()

    @rule(pk=jobs)
    def retry(self, pk: int) -> None:
        failed = Submission.objects.get(pk=pk).state == Job.State.FAILED
        assert Submission.objects.get(pk=pk).retry() == failed

    @staticmethod
    def holds(job: Submission) -> bool:
        row = Submission.objects.get(pk=job.pk)
        return (
            job.claim_token is not None
            and row.state == Job.State.RUNNING
            and row.claim_token == job.claim_token
        )

    @invariant()
    def every_done_job_has_its_one_effect(self) -> None:
        counted = Submission.objects.annotate(effects=Count("walls"))
        assert not counted.filter(state=Job.State.DONE).exclude(effects=1).exists()
        assert not counted.exclude(state=Job.State.DONE).exclude(effects=0).exists()

    @invariant()
    def nothing_runs_without_a_claim_or_too_often(self) -> None:
        for job in Submission.objects.all():
            assert (job.claim_token is not None) == (job.state == Job.State.RUNNING)
            assert job.attempts <= MAX_ATTEMPTS
            assert job.state != Job.State.QUEUED or job.attempts < MAX_ATTEMPTS

    def teardown(self) -> None:
        """Nothing is stranded: with a willing worker every unfinished job ends."""
        for _ in range(MAX_ATTEMPTS + 1):
            Submission.objects.running().update(heartbeat_at=timezone.now() - timedelta(days=1))
            sweep()
            for row in Submission.objects.queued():
                job = Submission.objects.claim(row.pk)
                assert job is not None
                with job.completing():
                    effect(job)
        assert not Submission.objects.unfinished().exists()
        self.every_done_job_has_its_one_effect()


def test_no_interleaving_loses_or_doubles_an_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    # The messages are the outside here: none is delivered, every claim is the machine's own.
    monkeypatch.setattr(doorbell, "ring", lambda *args, **kwargs: True)
    run_state_machine_as_test(
        Workers,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
