from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Beside the traffic, outside of transactions. One that was killed left an invalid index.
    atomic = False
    dependencies = [("ml", "0006_probability")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS embedding_least_sure", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="embedding",
            index=models.Index(
                fields=["version", "probability", "picture"], name="embedding_least_sure"
            ),
        ),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
    ]
