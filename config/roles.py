"""Who may do what: the groups that the site comes with."""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ObjectDoesNotExist

# Curators label, and see the catalogue and how far they agree.
CURATORS = (
    "catalog.view_source",
    "catalog.view_product",
    "catalog.view_picture",
    "catalog.view_label",
    "catalog.view_annotation",
    "catalog.add_annotation",
)
# Owners also decide, and look after labels, sources, models and jobs.
OWNERS = (
    *CURATORS,
    "catalog.change_annotation",
    "catalog.add_label",
    "catalog.change_label",
    "catalog.delete_label",
    "catalog.view_adjudication",
    "catalog.add_adjudication",
    "catalog.change_adjudication",
    "catalog.delete_adjudication",
    "catalog.add_source",
    "catalog.change_source",
    "catalog.delete_source",
    "ml.view_trainingrun",
    "ml.add_trainingrun",
    "ml.change_trainingrun",
    "ml.view_modelversion",
    "ml.promote_modelversion",
    "crawlers.view_crawlrun",
    "crawlers.run_crawl",
    "crawlers.view_crawl",
    "crawlers.add_crawl",
    "crawlers.change_crawl",
    "crawlers.delete_crawl",
    "crawlers.view_categoryrule",
    "crawlers.add_categoryrule",
    "crawlers.change_categoryrule",
    "crawlers.delete_categoryrule",
    "recommendations.view_submission",
    "recommendations.change_submission",
)
ROLES = {"Curators": CURATORS, "Owners": OWNERS}


def make_roles() -> dict[str, list[str]]:
    """Make the groups, or give them back what they began with; return each one's permissions.

    Raises ObjectDoesNotExist, with nothing changed, where a permission is not there yet.
    """
    found = {name: [_permission(one) for one in wanted] for name, wanted in ROLES.items()}
    for name, permissions in found.items():
        Group.objects.get_or_create(name=name)[0].permissions.set(permissions)
    return {name: list(wanted) for name, wanted in ROLES.items()}


def make_missing_roles(apps: Any = installed, **signal: Any) -> None:
    """Make each group that does not exist, after a migration; those that do stay as they are."""
    try:
        apps.get_model("auth", "Group")
        missing = [name for name in ROLES if not Group.objects.filter(name=name).exists()]
        found = {name: [_permission(one) for one in ROLES[name]] for name in missing}
    except (LookupError, ObjectDoesNotExist):
        # Migrated in part: the rest of the migrations makes them.
        return
    for name, permissions in found.items():
        Group.objects.create(name=name).permissions.set(permissions)


def _permission(name: str) -> Permission:
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)
