"""Which version serves: promoted whole, one at a time, and back again."""

from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client

from catalog.models import Picture, Product
from ml.models import Kept, ModelVersion, NotReady
from ml.networks.artifact import MANIFEST, NETWORK
from tests.factories import load_catalogue
from tests.ml.rows import candidate, fill
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, 4)


def ready(department: str = "art") -> ModelVersion:
    version = candidate(department)
    fill(version)
    return version


def states() -> list[str]:
    return list(ModelVersion.objects.order_by("pk").values_list("state", flat=True))


def live() -> ModelVersion:
    return ModelVersion.objects.in_department("art").live().get()


def test_it_works() -> None:
    version = ready()
    version.promote()
    version.refresh_from_db()
    assert version.state == "live"
    assert version.promoted_at is not None
    assert live() == version


def test_a_version_that_lacks_pictures_is_refused() -> None:
    first = ready()
    first.promote()
    second = candidate()
    with pytest.raises(NotReady, match="4 active pictures have no embedding of version 2 yet"):
        second.promote()
    assert states() == ["live", "candidate"]
    assert second.state == "candidate"
    second.refresh_from_db()
    assert second.promoted_at is None


def test_one_missing_picture_is_enough_to_refuse() -> None:
    version = ready()
    version.embeddings.order_by("pk")[0].delete()
    with pytest.raises(NotReady, match="1 active pictures"):
        version.promote()
    assert states() == ["candidate"]


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(NotReady, match=r"run “manage\.py embed art --version 1” first"):
        candidate().promote()


def test_pictures_nobody_offers_need_no_embedding() -> None:
    version = ready()
    version.embeddings.all().delete()
    Product.objects.update(is_active=False)
    version.promote()
    assert live() == version


def test_pictures_that_cannot_be_read_need_no_embedding() -> None:
    version = candidate()
    Picture.objects.update(is_readable=False)
    version.promote()
    assert live() == version


def test_the_other_departments_pictures_need_no_embedding() -> None:
    version = candidate("jewelry")
    version.promote()
    assert states() == ["live"]


def test_a_promotion_retires_the_one_before() -> None:
    first, second = ready(), ready()
    first.promote()
    second.promote()
    assert states() == ["retired", "live"]


def test_a_rollback_is_the_same_move_back() -> None:
    first, second = ready(), ready()
    first.promote()
    second.promote()
    first.promote()
    assert states() == ["live", "retired"]
    assert first.embeddings.count() == 4


def test_a_rollback_waits_for_pictures_that_came_since(tmp_path: Path) -> None:
    first, second = ready(), ready()
    first.promote()
    load_catalogue(tmp_path, 5)
    fill(second)
    second.promote()
    with pytest.raises(NotReady, match="1 active pictures"):
        first.promote()
    assert states() == ["retired", "live"]
    fill(first)
    first.promote()
    assert states() == ["live", "retired"]


def test_promoting_the_live_one_changes_nothing() -> None:
    version = ready()
    version.promote()
    version.promote()
    assert states() == ["live"]


def test_the_other_department_keeps_its_own() -> None:
    ring = candidate("jewelry")
    ring.promote()
    ready().promote()
    assert states() == ["live", "live"]


def test_the_database_allows_one_live_version_a_department() -> None:
    ready().promote()
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=candidate().pk).update(state="live")


def test_the_database_allows_a_number_once() -> None:
    version = candidate()
    version.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        version.save(force_insert=True)


@pytest.mark.parametrize("name", [NETWORK, MANIFEST])
def test_an_altered_artifact_is_not_promoted_and_the_old_one_serves(name: str) -> None:
    first, altered, gone = ready(), ready(), ready()
    first.promote()
    (altered.folder / name).write_bytes(b"{}")
    with pytest.raises(NotReady, match="was altered"):
        altered.promote(though_worse=True)
    (gone.folder / name).unlink()
    with pytest.raises(NotReady, match="cannot be read"):
        gone.promote(unasked=True)
    assert states() == ["live", "candidate", "candidate"]


def test_what_people_decided_meanwhile_stands() -> None:
    """A worker that embedded a version to go live comes late: people went there, and back."""
    first, second = ready(), ready()
    first.promote()
    late = ModelVersion.objects.get(pk=second.pk)
    second.promote()
    first.promote()
    with pytest.raises(NotReady, match="promoted since"):
        late.promote(unasked=True)
    assert states() == ["live", "retired"]
    # Who asks for it gets it.
    late.promote()
    assert states() == ["retired", "live"]


@pytest.mark.parametrize("state", ModelVersion.State.values)
def test_a_version_is_never_deleted(state: str, admin_client: Client) -> None:
    """Another one would get its number, and its index and artifact would be nobody's."""
    version = ready()
    ModelVersion.objects.update(state=state)
    for delete in (version.delete, ModelVersion.objects.all().delete):
        with pytest.raises(Kept, match="drop_embeddings"):
            delete()
    with pytest.raises(ProtectedError):
        version.training_run.delete()
    url = f"/admin/ml/modelversion/{version.pk}/delete/"
    assert admin_client.post(url, {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": version.pk, "post": "yes"}
    admin_client.post("/admin/ml/modelversion/", chosen)
    assert ModelVersion.objects.get() == version
    assert version.embeddings.count() == 4


@pytest.mark.parametrize("state", ModelVersion.State.values)
def test_nobody_is_offered_to_delete_a_version(state: str, admin_client: Client) -> None:
    version = ready()
    ModelVersion.objects.update(state=state)
    for url in ("", f"{version.pk}/change/"):
        shown = admin_client.get(f"/admin/ml/modelversion/{url}").content.decode()
        assert str(version) in shown
        assert "/delete/" not in shown
        assert "delete_selected" not in shown


def test_an_older_candidate_does_not_take_over_unasked() -> None:
    older, newer = ready(), ready()
    newer.promote(unasked=True)
    with pytest.raises(NotReady, match="promoted since"):
        older.promote(unasked=True)
    assert states() == ["candidate", "live"]


@pytest.mark.django_db(transaction=True)
def test_until_the_promotion_commits_others_see_the_one_before() -> None:
    first, second = ready(), ready()
    first.promote()
    other = connection.copy()

    def seen() -> list[int]:
        with other.cursor() as cursor:
            cursor.execute("SELECT number FROM ml_modelversion WHERE state = 'live'")
            return [number for (number,) in cursor.fetchall()]

    try:
        with transaction.atomic():
            second.promote()
            assert live() == second
            assert seen() == [1]
        assert seen() == [2]
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_a_promotion_that_is_broken_off_changes_nothing() -> None:
    first, second = ready(), ready()
    first.promote()
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        second.promote()
        raise KeyboardInterrupt
    assert states() == ["live", "candidate"]


@pytest.mark.django_db(transaction=True)
def test_of_many_promotions_at_once_one_stands() -> None:
    versions = [ready() for _ in range(4)]
    at_once(ModelVersion.promote, versions)
    assert sorted(states()) == ["live", "retired", "retired", "retired"]
