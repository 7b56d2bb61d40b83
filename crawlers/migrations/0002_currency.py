import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crawlers", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="crawl",
            name="currency",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Of prices for which the shop names none, as in EUR.",
                max_length=3,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[A-Z]{3}$", "A code of three capitals, as in EUR."
                    )
                ],
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="crawl",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency", ""), ("currency__regex", "^[A-Z]{3}$"), _connector="OR"),
                name="crawl_currency_code",
            ),
        ),
        migrations.AlterField(
            model_name="categoryrule",
            name="words",
            field=models.CharField(
                help_text="Words of the shop's category, as in “art prints”; any of several with commas.",
                max_length=120,
            ),
        ),
    ]
