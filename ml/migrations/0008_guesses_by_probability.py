from django.db import migrations, models

BUILD = "CREATE INDEX CONCURRENTLY {} ON ml_embedding (version_id, probability, picture_id) {}"


def replace(include: str) -> list[str]:
    """Build an index beside the one that is there, and let it take its name."""
    return [
        "SET statement_timeout = 0",
        "DROP INDEX CONCURRENTLY IF EXISTS embedding_least_sure_new",
        BUILD.format("embedding_least_sure_new", include),
        "DROP INDEX CONCURRENTLY IF EXISTS embedding_least_sure",
        "ALTER INDEX embedding_least_sure_new RENAME TO embedding_least_sure",
        "RESET statement_timeout",
    ]


class Migration(migrations.Migration):
    # Beside the traffic, outside of transactions; begun anew where one was killed.
    atomic = False
    dependencies = [("ml", "0007_least_sure")]

    operations = [
        migrations.RunSQL(
            replace("INCLUDE (label)"),
            replace(""),
            state_operations=[
                migrations.RemoveIndex("embedding", "embedding_least_sure"),
                migrations.AddIndex(
                    "embedding",
                    models.Index(
                        fields=["version", "probability", "picture"],
                        include=["label"],
                        name="embedding_least_sure",
                    ),
                ),
            ],
        )
    ]
