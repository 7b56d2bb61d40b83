"""Jobs against the real database: claiming, finishing, giving back, sweeping."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import MAX_ATTEMPTS, Job, LostClaim, Refused
from jobs.services import perform, sweep
from ml.models import TrainingRun

pytestmark = pytest.mark.django_db


def new_job() -> TrainingRun:
    return TrainingRun.objects.create(department="art")


def claimed() -> TrainingRun:
    job = TrainingRun.objects.claim(new_job().pk)
    assert job is not None
    return job


def silent(job: TrainingRun) -> None:
    TrainingRun.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))


def test_it_works() -> None:
    job = claimed()
    assert (job.state, job.attempts) == (Job.State.RUNNING, 1)
    with job.completing():
        TrainingRun.objects.filter(pk=job.pk).update(progress={"text": "the effect"})
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert job.progress == {"text": "the effect"}
    assert job.claim_token is None
    assert job.finished_at is not None


def test_a_job_is_claimed_once() -> None:
    job = claimed()
    assert TrainingRun.objects.claim(job.pk) is None


def test_a_lost_claim_writes_nothing() -> None:
    job = claimed()
    silent(job)
    assert sweep()["taken_back"] == 1
    with pytest.raises(LostClaim), job.completing():
        TrainingRun.objects.filter(pk=job.pk).update(progress={"text": "too late"})
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED
    assert job.progress == {}


def test_an_effect_that_breaks_is_rolled_back_with_done() -> None:
    job = claimed()
    with pytest.raises(RuntimeError), job.completing():
        TrainingRun.objects.filter(pk=job.pk).update(progress={"text": "half"})
        raise RuntimeError
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING
    assert job.progress == {}


def test_a_living_worker_keeps_its_job() -> None:
    job = claimed()
    assert sweep()["taken_back"] == 0
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING


def test_a_beat_after_a_lost_claim_says_so() -> None:
    job = claimed()
    silent(job)
    sweep()
    with pytest.raises(LostClaim):
        job.beat()


def test_a_poisonous_job_fails_after_three_attempts() -> None:
    job = new_job()

    def explode(job: TrainingRun) -> None:
        raise ZeroDivisionError("a bug of ours")

    for _ in range(MAX_ATTEMPTS + 2):
        perform(TrainingRun.objects.all(), job.pk, explode)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.attempts == MAX_ATTEMPTS
    assert "try again" in job.error
    assert "a bug of ours" in job.error_detail


def test_a_silent_job_fails_after_three_attempts() -> None:
    job = new_job()
    for _ in range(MAX_ATTEMPTS):
        assert TrainingRun.objects.claim(job.pk) is not None
        silent(job)
        sweep()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "three times" in job.error


def test_refused_work_fails_at_once_with_its_reason() -> None:
    job = new_job()

    def refuse(job: TrainingRun) -> None:
        raise Refused("There are no pictures.")

    perform(TrainingRun.objects.all(), job.pk, refuse)
    job.refresh_from_db()
    assert (job.state, job.error, job.attempts) == (Job.State.FAILED, "There are no pictures.", 1)


def test_delivery_twice_works_once() -> None:
    job = new_job()
    calls = []

    def work(job: TrainingRun) -> None:
        with job.completing():
            calls.append(job.pk)

    perform(TrainingRun.objects.all(), job.pk, work)
    perform(TrainingRun.objects.all(), job.pk, work)
    assert calls == [job.pk]


def test_a_failed_job_can_be_retried() -> None:
    job = claimed()
    job.fail("no luck")
    job.refresh_from_db()
    assert job.retry()
    job.refresh_from_db()
    assert (job.state, job.attempts, job.error) == (Job.State.QUEUED, 0, "")


def test_a_running_job_cannot_be_retried() -> None:
    job = claimed()
    assert not job.retry()
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING


def test_the_sweeper_rings_for_what_waits_and_then_leaves_it_time() -> None:
    job = new_job()
    assert sweep()["rung"] == 1
    job.refresh_from_db()
    assert job.rung_at is not None
    assert sweep()["rung"] == 0
    TrainingRun.objects.filter(pk=job.pk).update(rung_at=timezone.now() - timedelta(minutes=5))
    assert sweep()["rung"] == 1
