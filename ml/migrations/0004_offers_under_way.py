from django.db import migrations

COLUMNS = "embedding_id, version_id, product_id, picture_id, label, currency, price, vector"
VALUES = (
    "e.id, e.version_id, e.product_id, e.picture_id, coalesce(e.label, -1), p.currency, p.price,"
    " e.vector"
)
ON_OFFER = "p.is_active AND p.availability <> 'out'"

# A large catalogue takes longer than a statement may elsewhere. What is under way is waited for, so
# that the repair sees it.
BEGIN = """
SET LOCAL statement_timeout = 0;
LOCK TABLE catalog_product, catalog_picture, ml_embedding IN SHARE ROW EXCLUSIVE MODE;
"""

# As in 0003, whatever happens at the same time. Who locks several products takes them in order of
# their ids. What is embedded waits for its product, on offer or not, and then looks afresh. A
# product that comes back takes only embeddings that stay. A picture that goes takes along what was
# embedded while it waited, and an embedding the offer that came.
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION ml_offer_embeddings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM catalog_product WHERE id = ANY (ARRAY(SELECT product_id FROM added))
    ORDER BY id FOR SHARE;
    INSERT INTO ml_offer ({COLUMNS})
    SELECT {VALUES} FROM added e JOIN catalog_product p ON p.id = e.product_id
    WHERE {ON_OFFER}
    ON CONFLICT (embedding_id) DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ml_offer_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_active AND NEW.availability <> 'out' THEN
        IF OLD.is_active AND OLD.availability <> 'out' THEN
            UPDATE ml_offer SET currency = NEW.currency, price = NEW.price
            WHERE product_id = NEW.id;
        ELSE
            INSERT INTO ml_offer ({COLUMNS})
            SELECT {VALUES} FROM ml_embedding e JOIN catalog_product p ON p.id = e.product_id
            WHERE e.product_id = NEW.id FOR KEY SHARE OF e
            ON CONFLICT (embedding_id) DO UPDATE
            SET currency = excluded.currency, price = excluded.price;
        END IF;
    ELSE
        DELETE FROM ml_offer WHERE product_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ml_offer_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM ml_offer WHERE embedding_id = ANY (ARRAY(SELECT id FROM removed));
    RETURN NULL;
END $$;

CREATE TRIGGER ml_offer_gone AFTER DELETE ON ml_embedding
REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION ml_offer_gone();

CREATE FUNCTION ml_embedding_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM ml_embedding WHERE picture_id = ANY (ARRAY(SELECT id FROM removed));
    RETURN NULL;
END $$;

CREATE TRIGGER ml_embedding_gone AFTER DELETE ON catalog_picture
REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION ml_embedding_gone();
"""
# The other two serve the tables of 0003 as well.
NO_FUNCTIONS = """
DROP TRIGGER ml_embedding_gone ON catalog_picture;
DROP FUNCTION ml_embedding_gone;
DROP TRIGGER ml_offer_gone ON ml_embedding;
DROP FUNCTION ml_offer_gone;
"""

# What was missed until now: offers too many, at an old price, and missing.
REPAIR = f"""
DELETE FROM ml_offer USING catalog_product p
WHERE p.id = ml_offer.product_id AND NOT ({ON_OFFER});
UPDATE ml_offer SET currency = p.currency, price = p.price FROM catalog_product p
WHERE p.id = ml_offer.product_id
AND (ml_offer.currency, ml_offer.price) IS DISTINCT FROM (p.currency, p.price);
INSERT INTO ml_offer ({COLUMNS})
SELECT {VALUES} FROM ml_embedding e JOIN catalog_product p ON p.id = e.product_id
WHERE {ON_OFFER} AND NOT EXISTS (SELECT FROM ml_offer o WHERE o.embedding_id = e.id);
"""


class Migration(migrations.Migration):
    dependencies = [("ml", "0003_offers_by_label")]

    operations = [
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(REPAIR, migrations.RunSQL.noop),
    ]
