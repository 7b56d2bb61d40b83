from django.db import migrations

import ml.models


class Migration(migrations.Migration):
    dependencies = [("ml", "0005_fingerprint")]

    operations = [
        migrations.AddField(
            model_name="embedding", name="probability", field=ml.models.RealField(null=True)
        ),
    ]
