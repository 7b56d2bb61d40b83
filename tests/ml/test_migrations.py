"""Migrations over a catalogue that is there already, as an operator runs them."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from catalog.models import Picture, Product
from ml.embedding import embed
from ml.indexes import create_index
from ml.models import Embedding, ModelVersion, Offer
from tests.conftest import Encoders
from tests.factories import load_catalogue
from tests.ml.rows import candidate, fill

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 4


@pytest.fixture
def version(tmp_path: Path, media: Path, small_encoders: Encoders) -> Iterator[ModelVersion]:
    """Return a live version with its index; afterwards the tables are as they were."""
    load_catalogue(tmp_path, COUNT)
    version = small_encoders.version("art", live=True)
    create_index(version)
    yield version
    migrate()


def migrate(name: str | None = None) -> None:
    call_command("migrate", "ml", *([name] if name else []), verbosity=0)


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def allow_no_limit(table: str) -> None:
    """Refuse every change of the table's rows by a statement that may run out of time."""
    run(f"""
        CREATE OR REPLACE FUNCTION refuse_a_limit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('statement_timeout') <> '0' THEN
                RAISE 'there is a limit';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER refuse_a_limit AFTER INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_a_limit();
    """)


def offers() -> dict[str, Decimal | None]:
    return dict(Offer.objects.values_list("product__external_id", "price"))


def test_a_catalogue_from_before_offers_is_filled_however_long_it_takes(
    version: ModelVersion,
) -> None:
    before = offers()
    assert len(before) == COUNT
    migrate("0001")
    assert version.has_index()
    allow_no_limit("ml_embedding")
    migrate("0002")
    # Its rows are all new, and no index of vectors has taken the old ones along.
    assert not version.has_index()
    allow_no_limit("ml_offer")
    migrate()
    for table in ("ml_embedding", "ml_offer"):
        run(f"DROP TRIGGER refuse_a_limit ON {table}")
    assert offers() == before
    embed(version)
    assert version.has_index()


def test_offers_without_a_label_go_back_and_forth(version: ModelVersion) -> None:
    run("UPDATE ml_embedding SET label = NULL")
    run("UPDATE ml_offer SET label = -1")
    before = offers()
    migrate("0002")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ml_offer WHERE label IS NULL")
        assert cursor.fetchone() == (COUNT,)
    migrate()
    assert offers() == before
    assert set(Offer.objects.values_list("label", flat=True)) == {-1}


def test_what_was_missed_before_is_repaired(version: ModelVersion) -> None:
    before = offers()
    migrate("0003")
    run("ALTER TABLE catalog_product DISABLE TRIGGER ml_offer_product")
    Product.objects.filter(external_id="art-0").update(availability="out")
    Product.objects.filter(external_id="art-1").update(price=Decimal(7))
    run("ALTER TABLE catalog_product ENABLE TRIGGER ml_offer_product")
    run(
        "DELETE FROM ml_offer USING catalog_product p "
        "WHERE p.id = ml_offer.product_id AND p.external_id = 'art-2'"
    )
    allow_no_limit("ml_offer")
    migrate()
    run("DROP TRIGGER refuse_a_limit ON ml_offer")
    assert offers() == {"art-1": Decimal(7), "art-2": before["art-2"], "art-3": before["art-3"]}
    second = candidate()
    fill(second)
    assert Offer.objects.filter(version=second).count() == Picture.objects.count() - 1


def test_the_index_of_what_is_least_sure_is_built_again_where_a_build_was_killed(
    version: ModelVersion,
) -> None:
    migrate("0006")
    run("CREATE INDEX embedding_least_sure ON ml_embedding (version_id)")
    migrate()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('embedding_least_sure'::regclass)")
        assert "(version_id, probability, picture_id)" in cursor.fetchone()[0]
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() != ("0",)


def test_embeddings_from_before_have_no_probability(version: ModelVersion) -> None:
    migrate("0005")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_filenode('ml_embedding')")
        file = cursor.fetchone()
        migrate()
        # Not written anew: a large table would be locked meanwhile.
        cursor.execute("SELECT pg_relation_filenode('ml_embedding')")
        assert cursor.fetchone() == file
    assert set(Embedding.objects.values_list("probability", flat=True)) == {None}
    assert version.has_index()
    assert len(offers()) == COUNT
