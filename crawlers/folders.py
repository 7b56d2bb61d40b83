"""What a run keeps on disk to go on after a clean stop: Scrapy's state, and which ids it met."""

import json
import shutil
from pathlib import Path
from typing import Any

from django.db import transaction

from crawlers.models import CLEAN_STOP, CrawlRun


def open_folder(run: CrawlRun) -> tuple[Path, dict[str, Any]]:
    """Return the folder of the run's claim, and the run's progress of which it knows.

    After a clean stop these are the last claim's, otherwise empty: after a SIGKILL Scrapy's state
    lacks what was under way. Each claim has a folder of its own, so that a process that lost its
    claim ruins nothing of the next.
    """
    marker = run.folder / CLEAN_STOP
    mine = run.folder / str(run.claim_token)
    if marker.exists():
        stopped = json.loads(marker.read_text())
        before = run.folder / stopped["claim"]
        marker.unlink()
        if before.is_dir():
            before.rename(mine)
            return mine, stopped["progress"]
    for other in run.folder.glob("*/"):
        shutil.rmtree(other, ignore_errors=True)
    mine.mkdir(parents=True)
    return mine, {}


def stopped_cleanly(run: CrawlRun, progress: dict[str, Any]) -> None:
    """Mark the run's folder as whole, unless another claim has begun in it meanwhile."""
    folders = [one.name for one in run.folder.glob("*/")]
    if folders == [str(run.claim_token)]:
        stopped = {"claim": str(run.claim_token), "progress": progress}
        (run.folder / CLEAN_STOP).write_text(json.dumps(stopped))


def drop_folders(run: CrawlRun) -> None:
    """Remove what earlier runs of the source kept: to go on from there has become pointless."""
    earlier = CrawlRun.objects.filter(source=run.source_id, pk__lt=run.pk)
    for one in earlier:
        shutil.rmtree(one.folder, ignore_errors=True)


def drop_folder(instance: CrawlRun, **_: Any) -> None:
    """Remove what a run kept, once it is deleted; a receiver of Django's post_delete."""
    transaction.on_commit(lambda: shutil.rmtree(instance.folder, ignore_errors=True))
