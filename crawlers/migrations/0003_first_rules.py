"""The rules that categories are read by at first; owners change them in the admin."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Behind those that an owner adds without a thought about their order.
ORDER = 100
RULES = [
    ("earrings, earring, ear studs, hoops", "jewelry", "earrings"),
    ("necklaces, necklace, pendants, pendant, chokers, choker", "jewelry", "necklaces"),
    ("bracelets, bracelet, bangles, bangle, anklets, anklet", "jewelry", "bracelets"),
    ("rings, ring", "jewelry", "rings"),
    ("watches, wristwatches", "jewelry", "watches"),
    ("jewelry, jewellery", "jewelry", None),
    ("art prints, art print, wall art, posters, poster, canvas prints, framed prints", "art", None),
]


def add_rules(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    labels = apps.get_model("catalog", "Label").objects
    rules = apps.get_model("crawlers", "CategoryRule").objects
    for order, (words, department, name) in enumerate(RULES, start=ORDER):
        label = labels.filter(department=department, name=name, merged_into=None).first()
        rules.create(order=order, words=words, department=department, label=label)


class Migration(migrations.Migration):
    dependencies = [("crawlers", "0002_currency")]

    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
