"""Training: what can start, and a run from its start to the version it makes."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from catalog import storage
from catalog.models import Annotation, Department, Picture, no_such_department
from jobs import doorbell
from jobs.models import LostClaim, Refused
from ml.embedding import EMBEDDING_QUEUE, EMBEDDING_TASK
from ml.models import ModelVersion, TrainingRun

if TYPE_CHECKING:
    from ml.networks.training import Progress

# Those of ml.networks.backbones, which only a process that trains loads.
BACKBONES = {
    "compact": "compact: Pendant's own network, ready as it is",
    "mobilenet_v2": "MobileNetV2 (needs its ImageNet weights)",
    "vgg16": "VGG16 with dense layers of its own (needs its ImageNet weights)",
    "vgg16_block5": "VGG16, its last block learning too (slow without a GPU)",
    "efficientnet_v2": "EfficientNetV2-B0, the same way",
    "types": "the jewelry seed's way: a classifier of types, an autoencoder for each",
    "autoencoder": "autoencoder: learns from your pictures alone",
}
DEFAULT_BACKBONE = "compact"
LEARNING_BACKBONES = {"autoencoder", "types", "vgg16", "vgg16_block5", "efficientnet_v2"}
# Counted up where the same data makes another version than before.
TRAINING = 5
TRAINING_LOCK = 50_414
JUST_CLAIMED = timedelta(seconds=15)
# Of so many trainings of a department TensorBoard's logs are kept.
LOGS_KEPT = 20
STOPPED = (
    "The training stopped without an answer. Start it again: nothing of the catalogue changed."
)


class TrainingError(ValueError):
    """A training that cannot start or did not succeed, in words for people."""


class Unchanged(TrainingError):
    """Raised where a training would make ``version`` again; who asks says how to insist."""

    def __init__(self, version: ModelVersion) -> None:
        super().__init__(
            f"Nothing changed since version {version.number} was trained, on "
            f"{version.created_at:%-d %B %Y}: the same pictures, labels and settings would make "
            "the same again."
        )
        self.version = version


def check_training(
    department: str, backbone: str, epochs: int | None, *, anew: bool = False
) -> None:
    """Raise TrainingError where a training with these settings cannot start.

    Raises Unchanged where it would make the same version again, unless ``anew``.
    """
    if department not in Department.values:
        raise TrainingError(no_such_department(department))
    if backbone not in BACKBONES:
        raise TrainingError(
            f"There is no backbone {backbone!r}: use one of {', '.join(BACKBONES)}."
        )
    if epochs is not None and not 1 <= epochs <= 1000:
        raise TrainingError(f"epochs must be 1 to 1000, not {epochs}.")
    if epochs is not None and backbone not in LEARNING_BACKBONES:
        raise TrainingError(f"The backbone {backbone} is ready as it is: leave out the epochs.")
    if anew:
        return
    versions = ModelVersion.objects.in_department(department).embedding()
    same = versions.filter(fingerprint=fingerprint(department, backbone, epochs)).first()
    if same is not None:
        raise Unchanged(same)


def fingerprint(department: str, backbone: str, epochs: int | None) -> str:
    """Return a sha256 over what a training learns from, to know unchanged data again.

    Each picture's product and source are part of it: it is measured with them kept apart.
    """
    gold = Annotation.objects.in_department(department).agreed()
    pictures = Picture.objects.active().in_department(department).order_by("sha256", "pk")
    digest = hashlib.sha256(f"{TRAINING} {backbone} {epochs}".encode())
    columns = ("pk", "sha256", "product", "product__source")
    for pk, *facts in pictures.values_list(*columns).iterator():
        digest.update(f"{facts} {gold.get(pk, '')}\n".encode())
    return digest.hexdigest()


def start_training(
    department: str,
    *,
    backbone: str = DEFAULT_BACKBONE,
    epochs: int | None = None,
    promote: bool = False,
    started_by: User | None = None,
    ring: bool = True,
    anew: bool = False,
) -> TrainingRun:
    """Queue a training run; ``ring=False`` leaves it to the caller to run it.

    Raises TrainingError for unknown names and while the department trains already; Unchanged where
    nothing that a version was trained with has changed since, unless ``anew``.
    """
    check_training(department, backbone, epochs, anew=anew)
    runs = TrainingRun.objects.filter(department=department)
    now = timezone.now()
    for silent in runs.stale(now):
        silent.fail(STOPPED, "No heartbeat came within the lease.")
    for running in runs.running():
        if not _is_at_work(running):
            running.fail(STOPPED, "Its process is gone.")
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                department=department,
                backbone=backbone,
                epochs=epochs,
                promote=promote,
                started_by=started_by,
                # A run that its starter performs is not rung for before it has had the time to.
                rung_at=None if ring else now,
            )
            if ring:
                run.ring_after_commit()
    except IntegrityError:
        under_way = runs.unfinished().first()
        since = f" since {under_way.created_at:%H:%M}" if under_way else ""
        raise TrainingError(
            f"A training of {department} is under way{since}: wait for it to end."
        ) from None
    return run


def train_now(
    run: TrainingRun, on_progress: Callable[[float, float, str], None] = lambda *_: None
) -> ModelVersion:
    """Perform a queued run in this process; raises TrainingError where it fails."""
    job = TrainingRun.objects.claim(run.pk)
    if job is None:
        raise TrainingError("Another process has taken this training run.")
    try:
        return train(job, on_progress)
    except Refused as error:
        job.fail(str(error))
        raise TrainingError(str(error)) from error
    except LostClaim as error:
        job.refresh_from_db()
        raise TrainingError(job.error or STOPPED) from error
    except BaseException:
        job.fail(STOPPED)
        raise


def train(
    run: TrainingRun, on_progress: Callable[[float, float, str], None] = lambda *_: None
) -> ModelVersion:
    """Train on the department's pictures and gold labels; make a candidate version.

    The artifact is on disk, whole, before the version's row and ``done`` commit together. Raises
    Refused where the pictures do not suffice, LostClaim where the run was taken back.
    """
    reports = _Reports(run, on_progress)
    started = time.perf_counter()
    # First of all, so that nobody takes the run for abandoned while networks and rows are loaded.
    with at_work(run), run.beating() as lost:
        from ml.networks.pixels import decode_rgb
        from ml.networks.start import load_tensorflow

        load_tensorflow()
        from ml.networks.training import Folders, Stopped, train_encoder

        pictures = Picture.objects.active().in_department(run.department).order_by("pk")
        columns = ("pk", "file", "sha256", "perceptual_hash", "product", "product__source")
        facts = {row.pk: row for row in pictures.values_list(*columns, named=True)}
        gold = Annotation.objects.in_department(run.department).agreed()
        labels = {pk: label for pk, label in gold.items() if pk in facts}
        known_by = fingerprint(run.department, run.backbone, run.epochs)
        _drop_leftovers()
        kept = settings.MEDIA_ROOT / "training" / f"{run.pk}-{known_by[:12]}"
        try:
            trained = train_encoder(
                list(facts),
                lambda pk: decode_rgb(storage.read(facts[pk].file)),
                labels,
                department=run.department,
                backbone=run.backbone,
                groups={pk: row.perceptual_hash for pk, row in facts.items()},
                products={pk: row.product for pk, row in facts.items()},
                sources={pk: row.product__source for pk, row in facts.items()},
                sha256={pk: row.sha256 for pk, row in facts.items()},
                epochs=run.epochs,
                folders=Folders(
                    cache=settings.MEDIA_ROOT / "features",
                    kept=kept,
                    logs=settings.MEDIA_ROOT / "logs" / run.department / str(run.pk),
                ),
                on_progress=reports,
                should_stop=lost.is_set,
            )
        except Stopped as error:
            # Whoever took it back said why.
            raise LostClaim(f"{run} was taken back") from error
        except ValueError as error:
            raise Refused(str(error)) from error
        if lost.is_set():
            raise LostClaim(f"{run} was taken back")
        # Named by the claim, so that no attempt ever writes or removes another one's artifact.
        folder = f"models/{run.department}/{run.pk}-{run.claim_token}"
        path = settings.MEDIA_ROOT / folder
        metrics = {**trained.metrics, "seconds": round(time.perf_counter() - started, 1)}
        sha256 = trained.save(path, metrics=metrics, fingerprint=known_by)
    try:
        with run.completing():
            versions = ModelVersion.objects.in_department(run.department)
            version = ModelVersion.objects.create(
                department=run.department,
                number=(versions.aggregate(last=Max("number"))["last"] or 0) + 1,
                backbone=run.backbone,
                training_run=run,
                artifact=folder,
                sha256=sha256,
                fingerprint=known_by,
                label_names=list(trained.label_names),
                metrics=metrics,
                distances=trained.distances,
            )
            doorbell.ring_after_commit(EMBEDDING_TASK, version.pk, queue=EMBEDDING_QUEUE)
    except LostClaim:
        shutil.rmtree(path)
        raise
    shutil.rmtree(kept, ignore_errors=True)
    return version


def sweep_logs() -> None:
    """Remove what TensorBoard shows of a department's trainings but the last LOGS_KEPT.

    Those of versions that serve or may, and of runs under way, stay however old they are.
    """
    for department in (settings.MEDIA_ROOT / "logs").glob("*/"):
        logs = [folder for folder in department.iterdir() if folder.name.isdigit()]
        older = sorted(logs, key=lambda folder: int(folder.name))[:-LOGS_KEPT]
        if not older:
            continue
        kept = set(TrainingRun.objects.unfinished().values_list("pk", flat=True))
        kept |= set(ModelVersion.objects.embedding().values_list("training_run", flat=True))
        for folder in older:
            if int(folder.name) not in kept:
                shutil.rmtree(folder, ignore_errors=True)


def _drop_leftovers() -> None:
    """Remove what trainings that have ended kept to go on from."""
    unfinished = {str(pk) for pk in TrainingRun.objects.unfinished().values_list("pk", flat=True)}
    for folder in (settings.MEDIA_ROOT / "training").glob("*-*"):
        if folder.name.split("-")[0] not in unfinished:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def at_work(run: TrainingRun) -> Iterator[None]:
    """Hold a lock in the database for as long as this process works on the run.

    It ends with the process's connection however that ends, so that a killed training is told
    from a running one long before its lease is over.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [TRAINING_LOCK, run.pk])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [TRAINING_LOCK, run.pk])


def _is_at_work(run: TrainingRun) -> bool:
    """Say whether a process holds the run's lock, or claimed it too lately to hold it yet."""
    if run.started_at is not None and timezone.now() - run.started_at < JUST_CLAIMED:
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [TRAINING_LOCK, run.pk])
        free = cursor.fetchone() == (True,)
        if free:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [TRAINING_LOCK, run.pk])
    return not free


class _Reports:
    """Pass a training's progress on: to the caller at once, to the run's row now and then.

    Raises LostClaim where the run was cancelled or taken back.
    """

    EVERY = 1.0

    def __init__(self, run: TrainingRun, on_progress: Callable[[float, float, str], None]) -> None:
        self.run, self.on_progress, self.last = run, on_progress, 0.0
        # An attempt before this one may have been killed, and goes on from its last epoch.
        self.curve: list[list[float | None]] = run.progress.get("curve", [])

    def __call__(self, progress: "Progress") -> None:
        self.on_progress(progress.done, progress.total, progress.text)
        is_due = time.monotonic() - self.last >= self.EVERY or progress.done == progress.total
        if progress.loss is not None:
            is_due = True
            before = [point for point in self.curve if (point[0] or 0) < progress.epoch]
            self.curve = [*before, [progress.epoch, progress.loss, progress.validation_loss]]
        if is_due:
            self.last = time.monotonic()
            held = TrainingRun.objects.filter(pk=self.run.pk, claim_token=self.run.claim_token)
            if not held.update(progress={**asdict(progress), "curve": self.curve}):
                raise LostClaim(f"{self.run} was cancelled or taken back")
