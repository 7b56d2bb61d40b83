from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ml", "0004_offers_under_way")]

    operations = [
        migrations.AddField(
            model_name="modelversion",
            name="fingerprint",
            field=models.CharField(blank=True, default="", editable=False, max_length=64),
            preserve_default=False,
        ),
    ]
