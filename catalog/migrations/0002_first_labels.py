"""The labels both departments begin with; owners add others in the admin."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

LABELS = {
    "art": ["abstract", "animal", "botanical", "city", "landscape", "water", "other"],
    "jewelry": ["earrings", "necklaces", "rings", "bracelets", "watches", "other"],
}


def add_labels(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    label_model = apps.get_model("catalog", "Label")
    for department, names in LABELS.items():
        for order, name in enumerate(names, start=1):
            is_group = name != "other"
            label_model.objects.get_or_create(
                department=department,
                name=name,
                defaults={
                    "order": order,
                    "hotkey": str(order) if is_group else "0",
                    "is_group": is_group,
                },
            )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunPython(add_labels, migrations.RunPython.noop)]
