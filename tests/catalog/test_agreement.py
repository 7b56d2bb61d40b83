"""How far labellers agree, beside what scikit-learn says of the same rows."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from sklearn.metrics import cohen_kappa_score

from catalog.agreement import UNDECIDED, agreement_in, compare, fleiss_kappa
from catalog.models import Annotation, Label, Picture
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


def test_kappa_of_the_real_labellers(shared: Path) -> None:
    named = []
    for which in "ab":
        with (shared / "data" / "art" / f"labels_{which}.csv").open(newline="") as stream:
            named.append({row["image"]: row["label"] for row in csv.DictReader(stream)})
    both = sorted(named[0].keys() & named[1].keys())
    one, other = ([labels[image] for image in both] for labels in named)
    found = compare(table(one, other))
    assert found.share == pytest.approx(0.961, abs=0.001)
    assert found.kappa == pytest.approx(cohen_kappa_score(one, other))


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
    assert "anna and ben: 4 of 5 alike, 80.0%, Cohen’s kappa 0.688" in shown
    assert "5 pictures were looked at by several people: Fleiss’ kappa" in shown
    # Jewelry has none.
    assert "labelled by a second person yet" in shown
    client.force_login(User.objects.create_user("visitor", is_staff=True))
    assert client.get(address).status_code == 403
