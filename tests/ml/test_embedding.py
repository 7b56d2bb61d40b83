"""Embedding: every picture once, whatever happens in between, and an index over the vectors."""

from pathlib import Path

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection

from catalog.models import Picture, Product
from ml import embedding, tasks
from ml.embedding import embed, embed_and_promote
from ml.indexes import INDEX_LOCK, create_index, drop_index
from ml.models import Embedding, ModelVersion
from ml.networks.pixels import decode_rgb
from ml.registry import encoder_of
from tests.conftest import Encoders
from tests.factories import load_catalogue
from tests.ml.rows import candidate, fill
from tests.together import at_once

# Indexes are built outside of transactions.
pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 12


@pytest.fixture(autouse=True)
def catalogue(tmp_path: Path, media: Path) -> None:
    load_catalogue(tmp_path, COUNT)


@pytest.fixture
def version(small_encoders: Encoders) -> ModelVersion:
    return small_encoders.version("art")


def index_of(version: ModelVersion) -> tuple[str, bool] | None:
    """Return the definition of the version's index, and whether it is valid."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_indexdef(indexrelid), indisvalid FROM pg_index "
            "WHERE indexrelid = to_regclass(%s)",
            [version.index_name],
        )
        row: tuple[str, bool] | None = cursor.fetchone()
    return row


def spoil(number: int, data: bytes | None) -> Picture:
    """Let a picture's file be gone, or be other bytes."""
    picture = Picture.objects.order_by("pk")[number]
    default_storage.delete(str(picture.file))
    if data is not None:
        default_storage.save(str(picture.file), ContentFile(data))
    return picture


def test_it_works(version: ModelVersion) -> None:
    reported: list[tuple[float, float]] = []
    done = embed(version, lambda *progress: reported.append(progress))
    assert (done.embedded, done.unreadable) == (COUNT, 0)
    assert reported == [(0, COUNT), (COUNT, COUNT)]
    picture = Picture.objects.order_by("pk")[5]
    encoding = encoder_of(version).encode([decode_rgb(picture.read())])
    [expected] = encoding.vectors
    assert encoding.probabilities is not None
    row = Embedding.objects.get(picture=picture, version=version)
    stored = np.array(row.vector)
    # Halves hold eleven bits.
    assert stored == pytest.approx(expected, abs=1e-3)
    assert np.linalg.norm(stored) == pytest.approx(1, abs=1e-3)
    assert row.label == encoding.probabilities[0].argmax()
    assert row.probability == pytest.approx(encoding.probabilities[0].max(), abs=1e-5)
    assert index_of(version) is not None


def test_a_second_time_does_nothing_more(version: ModelVersion) -> None:
    embed(version)
    kept = set(version.embeddings.values_list("pk", flat=True))
    assert embed(version).embedded == 0
    assert set(version.embeddings.values_list("pk", flat=True)) == kept


def test_what_was_broken_off_goes_on(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "BATCH", 4)

    def stop_after_two_batches(done: float, total: float) -> None:
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed(version, stop_after_two_batches)
    kept = set(version.embeddings.values_list("pk", flat=True))
    assert len(kept) == 8
    assert embed(version).embedded == COUNT - 8
    assert version.embeddings.count() == COUNT
    assert kept < set(version.embeddings.values_list("pk", flat=True))


def test_two_at_once_do_each_picture_once(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "BATCH", 2)
    done = at_once(lambda _: embed(version).embedded, range(2))
    assert len(done) == 2
    assert sum(done) == COUNT
    assert version.embeddings.count() == COUNT
    definition = index_of(version)
    assert definition is not None
    assert definition[1]


def test_what_another_process_holds_is_left_to_it(version: ModelVersion) -> None:
    held = Picture.objects.order_by("pk")[0]
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM catalog_picture WHERE id = %s FOR UPDATE", [held.pk])
        assert embed(version).embedded == COUNT - 1
        other.rollback()
    finally:
        other.close()
    assert [picture.pk for picture in version.missing_pictures()] == [held.pk]
    embed_and_promote(version)
    assert version.state == "live"


@pytest.mark.parametrize("data", [None, b"", b"no picture"], ids=["gone", "empty", "text"])
def test_a_picture_that_cannot_be_read_is_marked(version: ModelVersion, data: bytes | None) -> None:
    broken = spoil(3, data)
    done = embed(version)
    assert (done.embedded, done.unreadable) == (COUNT - 1, 1)
    broken.refresh_from_db()
    assert not broken.is_readable
    assert Picture.objects.filter(is_readable=True).count() == COUNT - 1
    # It keeps no version from serving.
    version.promote()


def test_pictures_nobody_offers_are_left_out(version: ModelVersion) -> None:
    Product.objects.filter(external_id="art-0").update(is_active=False)
    assert embed(version).embedded == COUNT - 1


def test_the_database_allows_one_embedding_of_a_picture() -> None:
    version = candidate()
    fill(version)
    copy = version.embeddings.all()[0]
    copy.pk = None
    with pytest.raises(IntegrityError):
        copy.save(force_insert=True)


def test_the_index_is_of_this_version_alone() -> None:
    one, other = candidate(), candidate()
    for version in (one, other):
        fill(version)
        create_index(version)
    for version in (one, other):
        found = index_of(version)
        assert found is not None
        definition, valid = found
        assert valid
        assert "USING hnsw (vector halfvec_cosine_ops)" in definition
        assert definition.endswith(f"WHERE (version_id = {version.pk})")


def test_the_index_is_used_and_finds_the_nearest() -> None:
    one, other = candidate(), candidate()
    fill(one, seed=1)
    fill(other, seed=2)
    create_index(one)
    wanted = one.embeddings.order_by("pk")[7]
    nearest = Embedding.objects.of_version(one).nearest(wanted.vector)[:3]
    with connection.cursor() as cursor:
        # A dozen rows are read faster without any index.
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("SET enable_sort = off")
        try:
            assert f"Index Scan using {one.index_name}" in nearest.explain()
            found = list(nearest)
        finally:
            cursor.execute("RESET enable_seqscan")
            cursor.execute("RESET enable_sort")
    assert found[0] == wanted
    assert {embedding.version_id for embedding in found} == {one.pk}
    first, second, third = (vars(embedding)["distance"] for embedding in found)
    assert first == pytest.approx(0, abs=1e-3)
    assert 0 < second <= third <= 2


def test_a_valid_index_is_kept() -> None:
    version = candidate()
    fill(version)
    create_index(version)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)::oid", [version.index_name])
        before = cursor.fetchone()
        create_index(version)
        cursor.execute("SELECT to_regclass(%s)::oid", [version.index_name])
        assert cursor.fetchone() == before


def test_an_invalid_index_is_built_again() -> None:
    version = candidate()
    fill(version)
    with connection.cursor() as cursor, pytest.raises(IntegrityError):
        # As a build leaves it that ended half-way: there, in the way, and of no use.
        cursor.execute(
            f"CREATE UNIQUE INDEX CONCURRENTLY {version.index_name} ON ml_embedding (version_id)"
        )
    left = index_of(version)
    assert left is not None
    assert left[1] is False
    create_index(version)
    again = index_of(version)
    assert again is not None
    assert again[1] is True
    assert "hnsw" in again[0]


def test_one_builder_at_a_time() -> None:
    version = candidate()
    fill(version)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [INDEX_LOCK, version.pk])
            create_index(version)
            assert index_of(version) is None
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [INDEX_LOCK, version.pk])
            create_index(version)
            assert index_of(version) is not None
    finally:
        other.close()


def test_the_connections_time_limit_is_back_after_building() -> None:
    version = candidate()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()
        create_index(version)
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before
    assert before != ("0",)


def test_an_index_is_dropped() -> None:
    version = candidate()
    create_index(version)
    drop_index(version)
    assert index_of(version) is None
    drop_index(version)


@pytest.mark.django_db
def test_an_index_is_not_built_inside_a_transaction() -> None:
    version = candidate()
    with pytest.raises(RuntimeError, match="outside of transactions"):
        create_index(version)


def test_a_worker_embeds_and_promotes_what_was_to_go_live(small_encoders: Encoders) -> None:
    version = small_encoders.version("art")
    version.training_run.promote = True
    version.training_run.save()
    tasks.embed(version.pk)
    version.refresh_from_db()
    assert version.state == "live"
    # Delivered a second time.
    tasks.embed(version.pk)
    assert version.embeddings.count() == COUNT


def test_a_worker_leaves_a_candidate_a_candidate(version: ModelVersion) -> None:
    tasks.embed(version.pk)
    version.refresh_from_db()
    assert version.state == "candidate"
    assert version.embeddings.count() == COUNT


def test_a_worker_leaves_a_retired_version_alone() -> None:
    version = candidate()
    ModelVersion.objects.update(state="retired")
    tasks.embed(version.pk)
    assert version.embeddings.count() == 0


def test_a_worker_survives_a_version_that_is_gone() -> None:
    tasks.embed(0)
