"""The life of a submission, with a real encoder and real files."""

import math
import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from catalog.models import Picture
from catalog.photos import clean_photo
from jobs.models import LostClaim
from ml.models import ModelVersion
from recommendations import services, walls
from recommendations.intake import take_photo
from recommendations.layout import ARRANGEMENTS
from recommendations.models import (
    Match,
    Placement,
    Strength,
    Submission,
    Wall,
    new_photo_name,
)
from recommendations.search import Wishes
from recommendations.tasks import process_submission
from tests.conftest import Encoders
from tests.factories import draw, jpeg, load_catalogue
from tests.recommendations.helpers import answered, ask, files

pytestmark = pytest.mark.django_db


def claimed(submission: Submission) -> Submission:
    job = Submission.objects.claim(submission.pk)
    assert job is not None
    return job


def test_it_works(art: ModelVersion, media: Path) -> None:
    submission = answered(ask(price_max=100, count=5))
    assert (submission.state, submission.error) == ("done", "")
    assert submission.version == art
    assert submission.vector is not None
    assert submission.label in art.label_names
    assert 0 < (submission.confidence or 0) <= 1
    assert submission.took_ms is not None
    matches = list(submission.matches.select_related("product"))
    assert [match.rank for match in matches] == [1, 2, 3, 4, 5]
    distances = [match.distance for match in matches]
    assert distances == sorted(distances)
    assert all((match.product.price or 1000) <= 100 for match in matches)
    hung = list(submission.walls.prefetch_related("placements"))
    assert [wall.arrangement for wall in hung] == list(ARRANGEMENTS)
    for wall in hung:
        placed = {placement.match_id for placement in wall.placements.all()}
        assert placed == {None, *(match.pk for match in matches)}
    assert files(media) == sorted([str(submission.photo), submission.print_name])


def test_submitting_stores_photo_and_row_together(media: Path) -> None:
    photo = clean_photo(jpeg(5))
    submission = services.submit(photo, Wishes("jewelry", count=3))
    submission.refresh_from_db()
    assert (submission.state, submission.department, submission.count) == ("queued", "jewelry", 3)
    assert (submission.photo_width, submission.photo_height) == (160, 120)
    assert submission.read_photo() == photo.jpeg
    assert files(media) == [str(submission.photo)]


def test_a_photo_is_for_nobody_else_on_the_machine(media: Path) -> None:
    submission = ask()
    assert Path(default_storage.path(str(submission.photo))).stat().st_mode & 0o077 == 0


def test_the_names_of_photos_tell_no_result(media: Path) -> None:
    one, two = ask(), ask()
    assert one.token != two.token
    assert len(one.token) == 43
    assert one.token not in str(one.photo)


def test_a_worker_is_rung_once_row_and_photo_are_safe(
    media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as calls:
        submission = ask()
    assert len(calls) == 1
    submission.refresh_from_db()
    assert submission.rung_at is not None


def test_a_full_queue_takes_nothing_more(media: Path, settings: Settings) -> None:
    settings.QUEUE_LIMIT = 1
    first = ask()
    with pytest.raises(services.Busy, match="try again"):
        take_photo(SimpleUploadedFile("photo.jpg", jpeg(100)))
    assert list(Submission.objects.all()) == [first]
    assert files(media) == [str(first.photo)]


def test_a_row_that_the_database_refuses_leaves_no_photo(media: Path) -> None:
    with pytest.raises(IntegrityError):
        ask(count=25)
    assert files(media) == []


def test_delivered_twice_it_is_done_once(art: ModelVersion) -> None:
    submission = answered(ask())
    before = list(submission.matches.values_list("pk", flat=True))
    process_submission(submission.pk)
    assert list(submission.matches.values_list("pk", flat=True)) == before
    assert Wall.objects.count() == len(ARRANGEMENTS)


def test_nothing_under_the_price_is_an_answer_too(art: ModelVersion) -> None:
    submission = answered(ask(price_max=5))
    assert submission.state == "done"
    assert submission.next_price == 10
    assert not submission.matches.exists()
    assert not submission.walls.exists()


def test_jewelry_is_not_hung_on_walls(
    media: Path, tmp_path: Path, small_encoders: Encoders
) -> None:
    load_catalogue(tmp_path / "shop", 4, "jewelry")
    small_encoders.version("jewelry", live=True)
    submission = answered(ask("jewelry"))
    assert (submission.state, submission.matches.count()) == ("done", 4)
    assert not submission.walls.exists()
    assert files(media) == [str(submission.photo)]


def test_without_a_live_version_it_fails_with_a_reason_and_can_be_tried_again(
    art: ModelVersion,
) -> None:
    ModelVersion.objects.update(state=ModelVersion.State.CANDIDATE)
    submission = answered(ask())
    assert submission.state == "failed"
    assert "not ready yet" in submission.error
    assert not Match.objects.exists()
    art.promote()
    assert submission.retry()
    submission.refresh_from_db()
    assert (submission.state, submission.error, submission.attempts) == ("queued", "", 0)
    assert answered(submission).state == "done"


def test_what_has_not_failed_is_not_tried_again(media: Path) -> None:
    submission = ask()
    assert not submission.retry()
    claimed(submission)
    assert not submission.retry()


def test_a_photo_that_is_gone_fails_with_a_reason(art: ModelVersion) -> None:
    submission = ask()
    default_storage.delete(str(submission.photo))
    submission = answered(submission)
    assert (submission.state, submission.attempts) == ("failed", 1)
    assert "photo was deleted" in submission.error


def test_deleted_while_a_worker_looks_nothing_of_the_photo_stays(
    art: ModelVersion,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    job = claimed(ask())
    with django_capture_on_commit_callbacks() as deletions:
        Submission.objects.get(pk=job.pk).erase()
    # The row is gone and the worker has read the photo; its file goes a moment later.
    with pytest.raises(LostClaim):
        services.process(job)
    for delete in deletions:
        delete()
    assert files(media) == []
    assert not Match.objects.exists()
    assert not Placement.objects.exists()


def test_a_claim_taken_back_writes_nothing_and_keeps_the_photo(
    art: ModelVersion, media: Path
) -> None:
    job = claimed(ask())
    Submission.objects.filter(pk=job.pk).update(state="queued", claim_token=None)
    with pytest.raises(LostClaim):
        services.process(job)
    job.refresh_from_db()
    assert (job.state, job.version, job.label) == ("queued", None, "")
    assert not Match.objects.exists()
    assert answered(job).state == "done"


def test_a_catalogue_picture_that_is_gone_is_left_out_from_then_on(art: ModelVersion) -> None:
    found = services.recommend(np.asarray(draw(100)), Wishes("art", count=6)).found
    usual, next_best, *_, last = [one.picture for one in found]
    for picture in (usual, next_best, last):
        default_storage.delete(str(picture.file))
    submission = answered(ask(count=3))
    assert (submission.state, submission.attempts) == ("done", 1)
    shown = set(submission.matches.values_list("picture", flat=True))
    assert len(shown) == 3
    assert not shown & {usual.pk, next_best.pk, last.pk}
    marked = Picture.objects.filter(is_readable=False)
    assert {usual, next_best} <= set(marked)


def test_pictures_that_are_all_gone_fail_the_photo_in_the_end(
    art: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    for picture in Picture.objects.all():
        default_storage.delete(str(picture.file))
    monkeypatch.setattr(services, "ATTEMPTS", 2)
    submission = answered(ask(count=1))
    assert (submission.state, submission.attempts) == ("queued", 1)
    assert "No such file" in submission.error_detail
    assert Picture.objects.filter(is_readable=False).count() == 2


def test_erasing_deletes_row_results_and_files(
    art: ModelVersion,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    other, submission = answered(ask()), answered(ask())
    with django_capture_on_commit_callbacks(execute=True):
        submission.erase()
    assert list(Submission.objects.all()) == [other]
    assert set(Match.objects.values_list("submission", flat=True)) == {other.pk}
    assert set(Wall.objects.values_list("submission", flat=True)) == {other.pk}
    assert files(media) == sorted([str(other.photo), other.print_name])


def test_photos_are_deleted_when_their_days_are_over(
    media: Path,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.RETENTION_DAYS = 7
    old, young = ask(), ask()
    for submission, days in ((old, 8), (young, 6)):
        created = timezone.now() - timedelta(days=days)
        Submission.objects.filter(pk=submission.pk).update(created_at=created)
    with django_capture_on_commit_callbacks(execute=True):
        assert services.purge_expired() == 1
    assert list(Submission.objects.all()) == [young]
    assert files(media) == [str(young.photo)]
    assert services.purge_expired() == 0


def test_a_photo_whose_row_never_came_is_swept_away(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "_orphans_looked_at", -math.inf)
    kept = ask()
    name = default_storage.save(new_photo_name(), ContentFile(b"left behind"))
    long_ago = time.time() - 7200
    for stored in (name, str(kept.photo)):
        os.utime(default_storage.path(stored), (long_ago, long_ago))
    assert services.purge_orphans() >= 1
    assert not default_storage.exists(name)
    assert default_storage.exists(str(kept.photo))
    assert services.purge_orphans() == 0


def test_files_that_a_submission_has_or_may_still_get_are_kept(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "_orphans_looked_at", -math.inf)
    submission = ask()
    own = [str(submission.photo), submission.print_name]
    default_storage.save(submission.print_name, ContentFile(jpeg(1)))
    young = default_storage.save(new_photo_name(), ContentFile(jpeg(1)))
    two_hours_ago = time.time() - 7200
    for name in own:
        os.utime(media / name, (two_hours_ago, two_hours_ago))
    assert services.purge_orphans() == 0
    assert files(media) == sorted([*own, young])


@pytest.mark.parametrize(
    ("distance", "strength"),
    [
        (0.0, "strong"),
        (0.1, "strong"),
        (0.11, "good"),
        (0.2, "good"),
        (0.21, "loose"),
        (0.3, "loose"),
        (0.31, "none"),
    ],
)
def test_strength_is_told_by_the_catalogues_own_neighbours(distance: float, strength: str) -> None:
    version = ModelVersion(distances={"p50": 0.1, "p75": 0.2, "p90": 0.25, "p95": 0.3})
    assert Strength.of(distance, version) == strength
    assert Strength.of(distance, ModelVersion()) == ""


def test_each_match_has_its_strength(art: ModelVersion) -> None:
    submission = answered(ask(count=4))
    for match in submission.matches.all():
        assert match.strength == Strength.of(match.distance, art) != ""
    assert submission.is_weak == (submission.matches.all()[0].strength == "none")


def test_prints_of_the_catalogue_are_cut_once(art: ModelVersion) -> None:
    submission = answered(ask(count=1))
    picture = submission.matches.get().picture
    cut = walls.print_of(picture)
    default_storage.delete(str(picture.file))
    assert walls.print_of(picture) == cut


def test_a_print_that_broke_on_disk_is_cut_anew(art: ModelVersion, media: Path) -> None:
    picture = answered(ask(count=1)).matches.get().picture
    cut = walls.print_of(picture)
    (media / cut.name).write_bytes(b"broken")
    assert walls.print_of(picture) == cut
    assert (media / cut.name).read_bytes().startswith(b"\xff\xd8")


def test_a_picture_that_broke_is_marked_and_found_no_more(art: ModelVersion, media: Path) -> None:
    picture = answered(ask(count=1)).matches.get().picture
    file = media / str(picture.file)
    file.write_bytes(file.read_bytes()[:-200])
    default_storage.delete(walls.print_name(picture.sha256))
    with pytest.raises(OSError, match="broken"):
        walls.print_of(picture)
    picture.refresh_from_db()
    assert not picture.is_readable
    assert answered(ask(count=1)).matches.get().picture != picture


@pytest.mark.django_db(transaction=True)
def test_erasing_waits_for_a_worker_that_is_finishing(media: Path) -> None:
    submission = ask()
    job = Submission.objects.claim(submission.pk)
    assert job is not None
    inside, erased = threading.Event(), threading.Event()

    def erase() -> None:
        inside.wait(30)
        try:
            Submission.objects.get(pk=submission.pk).erase()
        finally:
            erased.set()
            connection.close()

    thread = threading.Thread(target=erase)
    thread.start()
    with job.completing():
        Wall.objects.create(
            submission=job, arrangement="row", width_cm=1, height_cm=1, colour="#ffffff"
        )
        inside.set()
        assert not erased.wait(1), "it must wait for the commit"
    thread.join(30)
    assert not Submission.objects.exists()
    assert not Wall.objects.exists()
