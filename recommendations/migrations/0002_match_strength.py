from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="match",
            name="strength",
            field=models.CharField(
                blank=True,
                choices=[
                    ("strong", "strong match"),
                    ("good", "good match"),
                    ("loose", "loose match"),
                    ("none", "not close"),
                ],
                default="",
                max_length=6,
            ),
            preserve_default=False,
        ),
    ]
