"""The groups that the site comes with, and what people in them can and cannot do."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from catalog.models import Annotation, Source
from config.roles import CURATORS, OWNERS, make_missing_roles
from ml.models import ModelVersion, TrainingRun
from recommendations.models import Submission
from tests.catalog.room import named, prints
from tests.catalog.test_admin import NO_CRAWLS
from tests.factories import load_catalogue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

LOOKED_AT = ("catalog_source", "catalog_product", "catalog_picture", "catalog_label")
OWNED = ("ml_trainingrun", "ml_modelversion", "recommendations_submission")


def person(role: str) -> Client:
    user = User.objects.create(username=role.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def status(client: Client, page: str, /, *arguments: object, **post: object) -> int:
    url = reverse(f"admin:{page}", args=arguments)
    return (client.post(url, post) if post else client.get(url)).status_code


def held(role: str) -> set[str]:
    return {
        f"{app}.{codename}"
        for app, codename in Group.objects.get(name=role).permissions.values_list(
            "content_type__app_label", "codename"
        )
    }


def test_it_works() -> None:
    assert held("Curators") == set(CURATORS)
    assert held("Owners") == set(OWNERS)


def test_a_migration_leaves_groups_that_exist() -> None:
    Group.objects.get(name="Curators").permissions.clear()
    Group.objects.get(name="Owners").delete()
    make_missing_roles(apps)
    assert held("Curators") == set()
    assert held("Owners") == set(OWNERS)


def test_a_command_gives_them_back_what_they_began_with() -> None:
    Group.objects.get(name="Curators").permissions.clear()
    Group.objects.get(name="Owners").delete()
    out = StringIO()
    call_command("make_roles", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {
        "roles": {"Curators": list(CURATORS), "Owners": list(OWNERS)}
    }
    assert held("Curators") == set(CURATORS)
    assert held("Owners") == set(OWNERS)


def test_a_curator_labels_and_sees_the_catalogue() -> None:
    curator = person("Curators")
    for page in (*LOOKED_AT, "catalog_annotation"):
        assert status(curator, f"{page}_changelist") == 200, page
    assert status(curator, "catalog_annotation_agreement") == 200
    assert status(curator, "catalog_labelling", "art") == 200
    assert status(curator, "catalog_labelling_grid", "art") == 200
    assert status(curator, "catalog_labelling_next", "art") == 200


def test_a_curator_changes_neither_labels_nor_sources_nor_models(tmp_path: Path) -> None:
    load_catalogue(tmp_path, 1)
    curator, city = person("Curators"), named("city")
    for page in OWNED:
        assert status(curator, f"{page}_changelist") == 403, page
    assert status(curator, "ml_trainingrun_add") == 403
    assert status(curator, "catalog_source_add") == 403
    assert status(curator, "catalog_label_add") == 403
    assert status(curator, "catalog_label_change", city.pk, name="town", order=4) == 403
    assert status(curator, "catalog_label_delete", city.pk) == 403
    assert status(curator, "catalog_label_merge", city.pk, into=named("water").pk) == 403
    assert status(curator, "auth_user_changelist") == 403
    assert named("city").merged_into is None


def test_a_curator_answers_in_their_own_name_only(tmp_path: Path) -> None:
    load_catalogue(tmp_path, 1)
    curator, other = person("Curators"), User.objects.create(username="other")
    sent = {"picture": prints()[0].pk, "label": named("city").pk}
    assert status(curator, "catalog_annotation_add", **sent, labeller=other.pk) == 200
    assert not Annotation.objects.exists()
    mine = User.objects.get(username="curators").pk
    assert status(curator, "catalog_annotation_add", **sent, labeller=mine) == 302
    given = Annotation.objects.get()
    assert status(curator, "catalog_annotation_change", given.pk, label="") == 403
    assert status(curator, "catalog_annotation_delete", given.pk) == 403


def test_an_owner_does_all_of_that_and_does_not_make_users() -> None:
    owner = person("Owners")
    for page in (*LOOKED_AT, *OWNED, "catalog_annotation"):
        assert status(owner, f"{page}_changelist") == 200, page
    assert status(owner, "catalog_labelling", "art") == 200
    assert status(owner, "ml_trainingrun_add") == 200
    assert status(owner, "catalog_source_add", name="shop", url="", **NO_CRAWLS) == 302
    assert Source.objects.filter(name="shop").exists()
    into = named("water")
    assert status(owner, "catalog_label_merge", named("city").pk, into=into.pk) == 302
    assert named("city").merged_into == into
    assert status(owner, "auth_user_changelist") == 403


def test_an_owner_tries_failed_jobs_again_and_promotes() -> None:
    owner = person("Owners")
    run = TrainingRun.objects.create(department="art", state="failed")
    photo = Submission.objects.create(
        department="art", state="failed", photo="photos/1.jpg", photo_width=1, photo_height=1
    )
    for page, row in (("ml_trainingrun", run), ("recommendations_submission", photo)):
        sent = {"action": "retry_failed", "_selected_action": row.pk}
        assert status(owner, f"{page}_changelist", **sent) == 302
        row.refresh_from_db()
        assert row.state == "queued"
    version = ModelVersion.objects.create(
        department="art", number=1, backbone="autoencoder", training_run=run, state="live"
    )
    sent = {"action": "promote", "_selected_action": version.pk}
    url = reverse("admin:ml_modelversion_changelist")
    page = owner.post(url, sent, follow=True).content.decode()
    assert "was live already" in page
