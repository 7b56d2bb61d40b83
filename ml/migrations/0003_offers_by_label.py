from django.db import migrations, models

# As in 0002, with another label for what has none.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION ml_offer_embeddings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ml_offer
        (embedding_id, version_id, product_id, picture_id, label, currency, price, vector)
    SELECT e.id, e.version_id, e.product_id, e.picture_id, {label}, p.currency, p.price, e.vector
    FROM added e JOIN catalog_product p ON p.id = e.product_id
    WHERE p.is_active AND p.availability <> 'out' FOR SHARE OF p;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ml_offer_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_active AND NEW.availability <> 'out' THEN
        IF OLD.is_active AND OLD.availability <> 'out' THEN
            UPDATE ml_offer SET currency = NEW.currency, price = NEW.price
            WHERE product_id = NEW.id;
        ELSE
            INSERT INTO ml_offer
                (embedding_id, version_id, product_id, picture_id, label, currency, price, vector)
            SELECT e.id, e.version_id, e.product_id, e.picture_id, {label}, p.currency, p.price,
                e.vector
            FROM ml_embedding e JOIN catalog_product p ON p.id = e.product_id
            WHERE e.product_id = NEW.id
            ON CONFLICT (embedding_id) DO UPDATE
            SET currency = excluded.currency, price = excluded.price;
        END IF;
    ELSE
        DELETE FROM ml_offer WHERE product_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
"""

# A large catalogue takes longer than a statement may elsewhere, there and back.
NO_LIMIT = "SET LOCAL statement_timeout = 0"


class Migration(migrations.Migration):
    dependencies = [("ml", "0002_offers")]

    operations = [
        migrations.RunSQL(NO_LIMIT, migrations.RunSQL.noop),
        migrations.RunSQL(
            FUNCTIONS.format(label="coalesce(e.label, -1)"), FUNCTIONS.format(label="e.label")
        ),
        migrations.AlterField(
            model_name="offer", name="label", field=models.SmallIntegerField(null=True)
        ),
        migrations.RunSQL(
            "UPDATE ml_offer SET label = -1 WHERE label IS NULL",
            "UPDATE ml_offer SET label = NULL WHERE label = -1",
        ),
        migrations.AlterField(
            model_name="offer", name="label", field=models.SmallIntegerField()
        ),
        migrations.RemoveIndex(model_name="offer", name="offer_by_price"),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(
                fields=["version", "label", "currency", "price"],
                include=("product", "picture", "vector"),
                name="offer_by_price",
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, NO_LIMIT),
    ]
