import django.db.models.deletion
import pgvector.django.halfvec
from django.db import migrations, models

COLUMNS = "embedding_id, version_id, product_id, picture_id, label, currency, price, vector"
VALUES = "e.id, e.version_id, e.product_id, e.picture_id, e.label, p.currency, p.price, e.vector"
ON_OFFER = "p.is_active AND p.availability <> 'out'"

# Each embedding that is new is offered at its product's price. The product stays as it is until
# that is committed (FOR SHARE), so that a price which changes at the same time is not missed.
# Each product that changes takes its offers along, or loses them where it is on offer no more.
TRIGGERS = f"""
-- So that a search knows how much a tight price leaves over.
ALTER TABLE ml_offer ALTER price SET STATISTICS 1000;

CREATE FUNCTION ml_offer_embeddings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ml_offer ({COLUMNS})
    SELECT {VALUES} FROM added e JOIN catalog_product p ON p.id = e.product_id
    WHERE {ON_OFFER} FOR SHARE OF p;
    RETURN NULL;
END $$;

CREATE TRIGGER ml_offer_embeddings AFTER INSERT ON ml_embedding
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION ml_offer_embeddings();

CREATE FUNCTION ml_offer_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_active AND NEW.availability <> 'out' THEN
        IF OLD.is_active AND OLD.availability <> 'out' THEN
            UPDATE ml_offer SET currency = NEW.currency, price = NEW.price
            WHERE product_id = NEW.id;
        ELSE
            INSERT INTO ml_offer ({COLUMNS})
            SELECT {VALUES} FROM ml_embedding e JOIN catalog_product p ON p.id = e.product_id
            WHERE e.product_id = NEW.id
            ON CONFLICT (embedding_id) DO UPDATE
            SET currency = excluded.currency, price = excluded.price;
        END IF;
    ELSE
        DELETE FROM ml_offer WHERE product_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ml_offer_product
AFTER UPDATE OF currency, price, availability, is_active ON catalog_product
FOR EACH ROW WHEN (
    (OLD.currency, OLD.price, OLD.availability, OLD.is_active)
    IS DISTINCT FROM (NEW.currency, NEW.price, NEW.availability, NEW.is_active)
)
EXECUTE FUNCTION ml_offer_product();
"""
NO_TRIGGERS = """
DROP TRIGGER ml_offer_product ON catalog_product;
DROP FUNCTION ml_offer_product;
DROP TRIGGER ml_offer_embeddings ON ml_embedding;
DROP FUNCTION ml_offer_embeddings;
"""

# Filling a large catalogue takes longer than a statement may elsewhere.
NO_LIMIT = "SET LOCAL statement_timeout = 0"

# Every row is written anew, and would be put into each index of vectors again, far slower than the
# sweeper or `embed` builds them afterwards.
DROP_INDEXES = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT indexrelid::regclass FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = 'ml_embedding'::regclass AND starts_with(relname, 'embedding_hnsw_')
    LOOP
        EXECUTE 'DROP INDEX ' || name;
    END LOOP;
END $$;
"""

# What cannot be read is not searched: from now on it has no embedding.
FILL_PRODUCTS = """
DELETE FROM ml_embedding USING catalog_picture
WHERE catalog_picture.id = ml_embedding.picture_id AND NOT catalog_picture.is_readable;
UPDATE ml_embedding SET product_id = catalog_picture.product_id
FROM catalog_picture WHERE catalog_picture.id = ml_embedding.picture_id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""
FILL_OFFERS = f"""
INSERT INTO ml_offer ({COLUMNS})
SELECT {VALUES} FROM ml_embedding e JOIN catalog_product p ON p.id = e.product_id
WHERE {ON_OFFER};
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


def product(**options):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE,
        related_name="embeddings",
        to="catalog.product",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_first_labels"),
        ("ml", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(NO_LIMIT, migrations.RunSQL.noop),
        migrations.RunSQL(DROP_INDEXES, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="embedding",
            name="label",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(model_name="embedding", name="product", field=product(null=True)),
        migrations.RunSQL(FILL_PRODUCTS, migrations.RunSQL.noop),
        migrations.AlterField(model_name="embedding", name="product", field=product()),
        migrations.AlterField(
            model_name="embedding",
            name="version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="embeddings",
                to="ml.modelversion",
            ),
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                (
                    "embedding",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="offer",
                        serialize=False,
                        to="ml.embedding",
                    ),
                ),
                ("label", models.PositiveSmallIntegerField(null=True)),
                ("currency", models.CharField(max_length=3)),
                ("price", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                (
                    "picture",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.picture",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="ml.modelversion",
                    ),
                ),
                ("vector", pgvector.django.halfvec.HalfVectorField(dimensions=512)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["version", "currency", "price"],
                        include=("label", "product", "picture", "vector"),
                        name="offer_by_price",
                    ),
                    models.Index(
                        fields=["embedding"],
                        include=("version", "currency", "price", "label", "product"),
                        name="offer_of_embedding",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FILL_OFFERS, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
