"""How far labellers agree, beside what scikit-learn says of the same rows."""

import csv
from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from sklearn.metrics import accuracy_score, cohen_kappa_score, jaccard_score

from catalog.agreement import UNDECIDED, agreement_in, compare, fleiss_kappa, with_oneself
from catalog.models import Annotation, Label, Lease, Picture, Product, Source
from catalog.room.answers import answer, take_back
from catalog.room.labels import merge, separate
from catalog.room.progress import progress
from tests.catalog.room import curator, named, prints, say
from tests.factories import load_catalogue


def table(one: list[str], other: list[str]) -> Counter[tuple[str, str]]:
    return Counter(zip(one, other, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_that_of_an_independent_computation(seed: int) -> None:
    random = np.random.default_rng(seed)
    one = random.choice(["a", "b", "c", "d"], 200, p=[0.6, 0.2, 0.15, 0.05]).tolist()
    other = [random.choice(["a", "b", "e"]) if random.random() < 0.3 else label for label in one]
    found = compare(table(one, other))
    assert found.both == 200
    assert found.share == pytest.approx(np.mean(np.array(one) == np.array(other)))
    assert found.kappa == pytest.approx(cohen_kappa_score(one, other))


@pytest.mark.django_db
def test_it_is_that_of_the_real_labellers(shared: Path) -> None:
    """Two people's files, imported, agree as their rows do."""
    art = shared / "data" / "art"
    said: dict[str, dict[str, str]] = {}
    for name in "ab":
        with (art / f"labels_{name}.csv").open(newline="") as stream:
            said[name] = {row["image"]: row["label"] for row in csv.DictReader(stream)}
    images = sorted(said["a"].keys() | said["b"].keys())
    fill(images)
    for name, labels in said.items():
        file = str(art / f"labels_{name}.csv")
        call_command("import_labels", file, department="art", labeller=name, stdout=StringIO())
        assert Annotation.objects.filter(labeller__username=name).count() == len(labels)
    both = [image for image in images if image in said["a"] and image in said["b"]]
    one, other = ([labels[image] or UNDECIDED for image in both] for labels in said.values())
    (pair,) = agreement_in("art").pairs
    assert pair.agreement.both == len(both) == 466
    assert pair.agreement.share == accuracy_score(one, other)
    assert f"{pair.agreement.share:.1%}" == "96.1%"
    assert pair.agreement.kappa == pytest.approx(cohen_kappa_score(one, other))
    assert f"{pair.agreement.kappa:.3f}" == "0.952"
    assert set(pair.labels) == {*one, *other}
    for label, agreement in pair.labels.items():
        ours, theirs = ([given == label for given in labels] for labels in (one, other))
        assert agreement.share == pytest.approx(jaccard_score(ours, theirs))
        assert agreement.kappa == pytest.approx(cohen_kappa_score(ours, theirs))


def fill(references: Sequence[str]) -> None:
    """Have a picture of art for each of these names; nothing lies on disk for them."""
    source = Source.objects.create(name="prints")
    products = Product.objects.bulk_create(
        Product(source=source, department="art", external_id=name, title=name)
        for name in references
    )
    Picture.objects.bulk_create(
        Picture(
            product=product,
            reference=product.external_id,
            sha256=f"{number:064}",
            perceptual_hash=0,
            width=1,
            height=1,
        )
        for number, product in enumerate(products)
    )


@pytest.mark.parametrize(
    ("one", "other", "kappa"),
    [
        ([], [], None),
        (["a", "a"], ["a", "a"], None),
        (["a", "b"], ["a", "b"], 1.0),
        (["a", "b"], ["b", "a"], -1.0),
        (["a", "a", "b", "b"], ["a", "b", "a", "b"], 0.0),
    ],
)
def test_kappa_at_its_ends(one: list[str], other: list[str], kappa: float | None) -> None:
    assert compare(table(one, other)).kappa == kappa


# Ten patients, fourteen psychiatrists, five diagnoses: the example that Fleiss (1971) is explained
# with, of kappa 0.210.
FLEISS = """
0 0 0 0 14
0 2 6 4 2
0 0 3 5 6
0 3 9 2 0
2 2 8 1 1
7 7 0 0 0
3 2 6 3 0
2 5 3 2 2
6 5 2 1 0
0 2 2 3 7
"""


def test_fleiss_kappa_of_the_known_example() -> None:
    votes = [
        {str(column): int(count) for column, count in enumerate(line.split())}
        for line in FLEISS.split("\n")
        if line
    ]
    assert fleiss_kappa(votes) == pytest.approx(0.210, abs=0.0005)
    assert fleiss_kappa([]) is None
    assert fleiss_kappa([{"a": 2}, {"a": 3}]) is None
    with pytest.raises(ValueError, match="one person"):
        fleiss_kappa([{"a": 1}])


LOOKED: dict[str, list[str | None]] = {
    "anna": ["water", "water", "abstract", None, "water", "water"],
    "ben": ["water", "abstract", "abstract", None, "water"],
    "cem": ["water", "abstract"],
}


@pytest.fixture
def looked(media: Path, tmp_path: Path) -> None:
    load_catalogue(tmp_path, 6)
    labels: dict[str | None, Label | None] = {None: None}
    labels |= {label.name: label for label in Label.objects.filter(department="art")}
    pictures = list(Picture.objects.order_by("reference"))
    for name, given in LOOKED.items():
        labeller = User.objects.create(username=name)
        for picture, label in zip(pictures, given, strict=False):
            Annotation.objects.create(picture=picture, label=labels[label], labeller=labeller)


@pytest.mark.django_db
@pytest.mark.usefixtures("looked")
def test_each_pair_is_compared_on_what_both_looked_at() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        report = agreement_in("art")
    assert len(queries) == 2
    assert [(pair.one, pair.other) for pair in report.pairs] == [
        ("anna", "ben"),
        ("anna", "cem"),
        ("ben", "cem"),
    ]
    for pair in report.pairs:
        one, other = LOOKED[pair.one], LOOKED[pair.other]
        count = min(len(one), len(other))
        given = [[label or UNDECIDED for label in labels[:count]] for labels in (one, other)]
        assert pair.agreement.both == count
        assert pair.agreement.share == np.mean(np.array(given[0]) == np.array(given[1]))
        assert pair.agreement.kappa == pytest.approx(cohen_kappa_score(*given))
    water = report.pairs[0].labels["water"]
    # Ben gave it to two of the three that one of them gave it to.
    assert (water.both, water.agreed) == (3, 2)
    ours, theirs = ([label == "water" for label in LOOKED[name][:5]] for name in ("anna", "ben"))
    assert water.kappa == pytest.approx(cohen_kappa_score(ours, theirs))
    # The sixth picture was looked at by Anna alone.
    assert report.pictures == 5
    votes = [
        Counter(given[row] or UNDECIDED for given in LOOKED.values() if row < len(given))
        for row in range(5)
    ]
    assert report.fleiss == pytest.approx(fleiss_kappa(votes))


def say_again(name: str, *labels: str) -> None:
    """Show somebody the first pictures again, and let them give these labels, one each."""
    for picture, label in zip(prints(), labels, strict=False):
        Lease.objects.create(
            picture=picture, labeller=curator(name), until="2100-01-01T00:00Z", is_repeat=True
        )
        say(label, picture, by=name)


@pytest.mark.django_db
@pytest.mark.usefixtures("looked")
def test_people_are_compared_with_themselves_on_what_they_were_shown_again() -> None:
    say_again("anna", "water", "abstract", "abstract", "water", "water")
    say_again("cem", "water", "abstract")
    with CaptureQueriesContext(connection) as queries:
        own = with_oneself()
    assert len(queries) == 2
    before = [label or UNDECIDED for label in LOOKED["anna"][:5]]
    again = ["water", "abstract", "abstract", "water", "water"]
    assert own.keys() == {"art"}
    assert list(own["art"]) == ["anna", "cem"]
    anna = own["art"]["anna"]
    assert (anna.both, anna.agreed, anna.share) == (5, 3, 0.6)
    assert anna.kappa == pytest.approx(cohen_kappa_score(before, again))
    assert (own["art"]["cem"].both, own["art"]["cem"].agreed) == (2, 2)
    assert with_oneself(curator("cem")) == {"art": {"cem": own["art"]["cem"]}}
    # What counts is what they said before and say now, not what was taken back, skipped or cleared.
    take_back(curator("cem"), "art")
    assert with_oneself()["art"]["cem"].both == 1
    for action in ("skip", "clear"):
        lease = {"labeller": curator("cem"), "until": "2100-01-01T00:00Z", "is_repeat": True}
        Lease.objects.update_or_create(picture=prints()[1], defaults=lease)
        answer(curator("cem"), "art", uuid4(), [prints()[1].pk], action)
    assert with_oneself()["art"]["cem"].both == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("looked")
def test_labels_that_were_merged_since_count_as_one() -> None:
    say_again("anna", "abstract", "abstract")
    assert with_oneself()["art"]["anna"].agreed == 0
    assert agreement_in("art").pairs[0].agreement.agreed == 4
    merge(named("water").pk, named("abstract").pk)
    assert with_oneself()["art"]["anna"].agreed == 2
    assert progress(curator("anna"), "art").alike == 2
    pair = agreement_in("art").pairs[0]
    assert (pair.agreement.agreed, set(pair.labels)) == (5, {"abstract", UNDECIDED})
    separate(named("water").pk)
    assert with_oneself()["art"]["anna"].agreed == 0
    assert agreement_in("art").pairs[0].agreement.agreed == 4


@pytest.mark.django_db
@pytest.mark.usefixtures("looked")
def test_departments_are_apart() -> None:
    report = agreement_in("jewelry")
    assert (report.pairs, report.pictures, report.fleiss) == ([], 0, None)
    with pytest.raises(ValueError, match="no department 'toys'"):
        agreement_in("toys")


@pytest.mark.django_db
@pytest.mark.usefixtures("looked")
def test_the_page_tells_it_to_who_may_see_labels(client: Client) -> None:
    client.force_login(User.objects.create_superuser("owner"))
    listed = client.get(reverse("admin:catalog_annotation_changelist")).content.decode()
    address = reverse("admin:catalog_annotation_agreement")
    assert f'href="{address}"' in listed
    shown = " ".join(client.get(address).content.decode().split())
    assert "anna and ben: 4 of 5 alike, 80.0 %, Cohen’s kappa 0.688" in shown
    assert "themselves" not in shown
    say_again("anna", "water", "abstract", "abstract")
    shown = " ".join(client.get(address).content.decode().split())
    row = '<tr><th scope="row">anna</th><td>3</td><td>2</td><td>66.7 %</td><td>0.400</td></tr>'
    assert "Each person with themselves, on pictures shown again" in shown
    assert row in shown
    assert "5 pictures were looked at by several people: Fleiss’ kappa" in shown
    # Jewelry has none.
    assert "labelled by a second person yet" in shown
    client.force_login(User.objects.create_user("visitor", is_staff=True))
    assert client.get(address).status_code == 403
