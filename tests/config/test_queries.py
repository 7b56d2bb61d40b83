"""However many pictures, labels and people there are, a page asks the database a dozen times."""

import json
import random
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.models import Adjudication, Annotation, Label, Lease, Picture, Product, Source
from catalog.room.queues import MOST, REPEAT_AFTER, Queue
from ml.models import Embedding, ModelVersion
from tests.ml.rows import candidate, fill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media", "full")]

PICTURES, LABELLERS = 160, 4
MOST_QUERIES = 12
# What is sent is written too, in one transaction.
MOST_TO_WRITE = 18
ART = {"department": "art"}
PAGES = [
    reverse("admin:index"),
    reverse("admin:catalog_labelling", kwargs=ART),
    reverse("admin:catalog_labelling_grid", kwargs=ART),
    reverse("admin:catalog_labelling_progress", kwargs=ART),
    reverse("admin:catalog_labelling_advice", kwargs=ART),
    reverse("admin:catalog_adjudicate", kwargs=ART),
    reverse("admin:catalog_annotation_agreement"),
]
NEXT = reverse("admin:catalog_labelling_next", kwargs=ART)


@pytest.fixture
def full() -> None:
    """Fill a room: half of it labelled, by several people who differ, and a model that differs."""
    source = Source.objects.create(name="many")
    pictures = Picture.objects.bulk_create(
        Picture(
            product=Product.objects.create(
                source=source, department="art", external_id=str(number), title=f"Print {number}"
            ),
            sha256=sha256(str(number).encode()).hexdigest(),
            perceptual_hash=number,
            width=160,
            height=120,
        )
        for number in range(PICTURES)
    )
    labels = list(Label.objects.filter(department="art", is_group=True))
    people = [User.objects.create(username=f"labeller {number}") for number in range(LABELLERS)]
    people.append(User.objects.create(username="person", is_staff=True))
    people[-1].groups.set(Group.objects.filter(name__in=["Curators", "Owners"]))
    long_ago = timezone.now() - 2 * REPEAT_AFTER
    Annotation.objects.bulk_create(
        Annotation(
            picture=picture,
            label=labels[(number if number % 5 else number + place) % len(labels)],
            labeller=person,
            created_at=long_ago,
        )
        for place, person in enumerate(people)
        for number, picture in enumerate(pictures[: PICTURES // 2])
        # Of some of them one person knows, of others all but one do.
        if number % (place + 2) != 1
    )
    Adjudication.objects.create(picture=pictures[0], label=labels[0], decided_by=people[0])
    Lease.objects.create(
        picture=pictures[-1], labeller=people[0], until=timezone.now() + timedelta(minutes=5)
    )
    version = candidate()
    version.state, version.label_names = ModelVersion.State.LIVE, [one.name for one in labels]
    version.distances = {"p50": 0.1, "p75": 0.2, "p95": 0.3, "p99": 0.35}
    version.metrics = {
        "guesses": {str(one.pk): labels[0].name for one in pictures},
        "probabilities": {str(one.pk): 0.9 for one in pictures},
        "self_confidence": {labels[0].name: 0.5},
        "label_curve": {one.name: [[4, 0.2, 0.1, 0.3], [8, 0.4, 0.3, 0.5]] for one in labels},
    }
    version.save()
    fill(version)
    for embedding in Embedding.objects.all():
        embedding.label, embedding.probability = embedding.pk % 3, random.random()
        embedding.save()
    with connection.cursor() as cursor:
        # As autovacuum does a minute later: without statistics the plans are anybody's guess.
        cursor.execute("ANALYZE catalog_product, catalog_picture, catalog_annotation, ml_embedding")


@pytest.fixture
def client() -> Client:
    """Return one who holds both roles by groups, which takes more queries than a superuser."""
    client = Client()
    client.force_login(User.objects.get(username="person"))
    return client


@pytest.mark.parametrize("page", PAGES)
def test_pages(
    page: str, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get(page).status_code == 200


@pytest.mark.parametrize("queue", Queue.values)
@pytest.mark.parametrize("count", [8, MOST])
def test_what_comes_next(
    queue: str, count: int, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    near = Picture.objects.order_by("pk").values_list("pk", flat=True)[0]
    asked: dict[str, str | int] = {"queue": queue, "near": near, "count": count, "alike": 1}
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get(NEXT, asked).json()["pictures"]


def test_answers_and_taking_them_back(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    pictures = list(Picture.objects.order_by("-pk").values_list("pk", flat=True)[: MOST + 20])
    label = Label.objects.get(department="art", name="water").pk
    batch = str(uuid4())
    given = {"batch": batch, "pictures": pictures, "action": "label", "label": label}
    for name, sent in (("answer", given), ("undo", {"batch": batch}), ("leave", given)):
        url = reverse(f"admin:catalog_labelling_{name}", kwargs=ART)
        with django_assert_max_num_queries(MOST_TO_WRITE):
            answer = client.post(url, json.dumps(sent), "application/json")
        assert answer.status_code == 200, name
