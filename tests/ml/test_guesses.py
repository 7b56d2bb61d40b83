"""What the labelling room is told of pictures: by the live version's embeddings, as rows."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from catalog.models import Label, Lease
from catalog.room.guesses import Guess, model
from catalog.room.labels import merge, separate
from ml.guesses import LiveVersions
from ml.models import Embedding, ModelVersion
from tests.catalog.room import named
from tests.ml.guessing import COUNT, apart, embed, everything, label, pks, places
from tests.ml.rows import candidate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("twelve")]


def test_it_works(version: ModelVersion) -> None:
    """What the site registers answers by the live version alone."""
    embed(version, [0.75, 0.5])
    other = candidate()
    asked = model()
    assert isinstance(asked, LiveVersions)
    assert asked.guesses("art", pks()) == {
        pks()[0]: Guess("abstract", 0.75),
        pks()[1]: Guess("abstract", 0.5),
    }
    assert asked.guesses("art", pks()[1:2]).keys() == {pks()[1]}
    assert asked.guesses("jewelry", pks()) == {}
    other.state, version.state = ModelVersion.State.LIVE, ModelVersion.State.RETIRED
    version.save()
    other.save()
    assert asked.guesses("art", pks()) == {}


def test_a_guess_has_the_name_of_what_its_label_was_merged_into(version: ModelVersion) -> None:
    embed(version, [0.9, 0.8], labels=[0, 1])
    city = Label.objects.get(department="art", name="city")
    city.hotkey, city.merged_into = "", Label.objects.get(department="art", name="landscape")
    city.save()
    guesses = LiveVersions().guesses("art", pks())
    assert [guesses[pk].label for pk in pks()[:2]] == ["abstract", "landscape"]
    # And that into another one.
    merge(named("landscape").pk, named("water").pk)
    guesses = LiveVersions().guesses("art", pks())
    assert [guesses[pk].label for pk in pks()[:2]] == ["abstract", "water"]
    separate(named("city").pk)
    guesses = LiveVersions().guesses("art", pks())
    assert [guesses[pk].label for pk in pks()[:2]] == ["abstract", "city"]


def test_the_least_sure_come_first_and_the_unknown_last(version: ModelVersion) -> None:
    embed(version, [0.9, None, 0.41, 0.6])
    shown = LiveVersions().least_sure("art", everything(), 10)
    assert places(shown) == [2, 3, 0, 1]
    assert [one.why for one in shown] == [
        "Unsure: abstract, 41 %",
        "Unsure: abstract, 60 %",
        "The model says abstract, 90 %",
        "",
    ]
    assert places(LiveVersions().least_sure("art", everything(), 2)) == [2, 3]
    among = everything().exclude(pk=pks()[2])
    assert places(LiveVersions().least_sure("art", among, 2)) == [3, 0]


def test_the_least_sure_are_read_along_an_index(version: ModelVersion) -> None:
    embed(version, [0.5] * COUNT)
    rows = Embedding.objects.of_version(version).least_sure()[:5]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    plan = rows.explain()
    assert "embedding_least_sure" in plan
    assert "Sort" not in plan


def test_what_helps_most_is_unsure_and_twins_do_not_follow_each_other(
    version: ModelVersion,
) -> None:
    # Three twins of which it is least sure, then one unlike them, and one of which it is sure.
    vectors = [apart(0), apart(0), apart(0), apart(1), apart(2)]
    embed(version, [0.3, 0.31, 0.32, 0.5, 0.99], vectors)
    shown = LiveVersions().most_helpful("art", everything(), 5)
    assert places(shown)[:3] == [0, 3, 4]
    assert sorted(places(shown)) == [0, 1, 2, 3, 4]
    assert shown[0].why == "Unsure: abstract, 30 %"


def test_a_twin_of_what_is_labelled_or_on_a_screen_helps_least(version: ModelVersion) -> None:
    vectors = [apart(0), apart(0), apart(1), apart(1), apart(2)]
    embed(version, [0.5, 0.3, 0.5, 0.3, 0.6], vectors)
    label("city", 0)
    lease = Lease.objects.create(
        picture_id=pks()[2],
        labeller=User.objects.get(username="cora"),
        until=timezone.now() + timedelta(minutes=1),
    )
    free = everything().filter(pk__in=[pks()[1], pks()[3], pks()[4]])
    assert places(LiveVersions().most_helpful("art", free, 1)) == [4]
    lease.until = timezone.now() - timedelta(minutes=1)
    lease.save()
    assert places(LiveVersions().most_helpful("art", free, 1)) == [3]


def test_what_is_unlike_all_labelled_is_told_so(version: ModelVersion) -> None:
    near = [apart(0, 100 + number, 0.05) for number in range(6)]
    embed(version, [0.9, 0.6, 0.6, 0.6, 0.6, 0.6, 0.9], [*near, apart(7)])
    label("city", 0)
    free = everything().exclude(pk=pks()[0])
    shown = LiveVersions().most_helpful("art", free, 6)
    assert places(shown)[0] == 6
    assert shown[0].why == "Unlike what was labelled lately"
    assert {one.why for one in shown[1:]} == {"Unsure: abstract, 60 %"}
    # Where the catalogue's pictures lie further apart than that, it is not unlike.
    version.distances["p50"] = 1.1
    version.save()
    shown = LiveVersions().most_helpful("art", free, 6)
    assert shown[0].why == "The model says abstract, 90 %"


def test_some_of_what_it_is_sure_of_is_looked_at_too(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.guesses.UNSURE", 2)
    monkeypatch.setattr("ml.guesses._anywhere", lambda: "0")
    embed(version, [0.5, 0.5, 0.9, 0.9])
    assert sorted(places(LiveVersions().most_helpful("art", everything(), 9))) == [0, 1, 2, 3]
    monkeypatch.setattr("ml.guesses._anywhere", lambda: "g")
    assert sorted(places(LiveVersions().most_helpful("art", everything(), 9))) == [0, 1]


def test_without_labels_the_most_different_help_most(version: ModelVersion) -> None:
    version.label_names = []
    version.save()
    vectors = [apart(0), apart(0), apart(1), apart(2)]
    embed(version, [None] * 4, vectors, labels=[None] * 4)
    shown = LiveVersions().most_helpful("art", everything(), 3)
    assert sorted(places(shown)) == [0, 2, 3]
    assert {one.why for one in shown} == {""}
    assert LiveVersions().guesses("art", pks()) == {}
    assert LiveVersions().disagreeing("art", everything(), 3) == []
    assert LiveVersions().suspects("art", everything(), 3) == []


def test_where_all_are_labelled_nothing_is_left(version: ModelVersion) -> None:
    embed(version, [0.5] * COUNT)
    label("abstract", *range(COUNT))
    free = everything().filter(annotations=None)
    for queue in (LiveVersions().most_helpful, LiveVersions().least_sure):
        assert queue("art", free, 5) == []
    assert LiveVersions().near(pks()[0], free, 5) == []


def test_near_is_in_order_of_the_distance(version: ModelVersion) -> None:
    vectors = [apart(0), apart(0, 2, 0.5), apart(0, 3, 0.05), apart(0, 4, 0.25), apart(5)]
    embed(version, [0.5] * 5, vectors)
    shown = LiveVersions().near(pks()[0], everything(), 10)
    assert places(shown) == [2, 3, 1, 4]
    assert [one.why for one in shown] == [
        "Very like it",
        "Like it",
        "Not very like it",
        "Not very like it",
    ]
    among = everything().exclude(pk=pks()[2])
    assert places(LiveVersions().near(pks()[0], among, 2)) == [3, 1]
    assert LiveVersions().near(pks()[5], everything(), 10) == []


def test_near_goes_on_where_the_index_gives_up(version: ModelVersion) -> None:
    """Only the farthest may be shown, and the index looks no further than it must."""
    vectors = [apart(0, 20 + number, number / 20) for number in range(COUNT)]
    embed(version, [0.5] * COUNT, vectors)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            f"CREATE INDEX {version.index_name} ON ml_embedding "
            f"USING hnsw (vector halfvec_cosine_ops) WHERE version_id = {version.pk}"
        )
        for setting in ("hnsw.ef_search = 1", "hnsw.iterative_scan = off"):
            cursor.execute(f"SET LOCAL {setting}")
        for kind in ("seqscan", "sort", "hashjoin"):
            cursor.execute(f"SET LOCAL enable_{kind} = off")
    among = everything().filter(pk__in=pks()[-3:])
    assert places(LiveVersions().near(pks()[0], among, 3)) == [9, 10, 11]


def test_look_alikes_stand_together_the_largest_group_first(version: ModelVersion) -> None:
    vectors = [
        apart(0),
        apart(2, 5, 0.6),
        apart(0, 9, 0.01),
        # A group of two; one that is a little like it, and, above, one that is less so.
        apart(2),
        apart(2, 8, 0.01),
        apart(0, 7, 0.01),
        apart(2, 6, 0.4),
    ]
    embed(version, [0.5] * 7, vectors)
    groups = LiveVersions().look_alikes("art", pks()[:8])
    numbers = [[pks().index(pk) for pk in group] for group in groups]
    assert [sorted(group) for group in numbers] == [[0, 2, 5], [3, 4], [6], [1], [7]]
    assert LiveVersions().look_alikes("art", []) == []


def test_nobody_is_told_anything_without_a_live_version() -> None:
    asked = LiveVersions()
    for queue in (asked.most_helpful, asked.least_sure, asked.disagreeing, asked.suspects):
        assert queue("art", everything(), 5) == []
    assert asked.guesses("art", pks()) == {}
    assert asked.near(pks()[0], everything(), 5) == []
    assert asked.look_alikes("art", pks()[:2]) == [pks()[:2]]
    assert asked.advice("art") == []


def test_advice_follows_the_curve_of_each_label(version: ModelVersion) -> None:
    label("city", *range(10))
    label("water", 10)
    version.metrics = {
        "label_curve": {"city": [[3, 0.2, 0.18, 0.22], [6, 0.4, 0.38, 0.42], [8, 0.5, 0.48, 0.52]]}
    }
    version.save()
    advice = {one.label: one for one in LiveVersions().advice("art")}
    # "Other" is no group, so nothing is learnt of it.
    names = Label.objects.filter(department="art", is_group=True).values_list("name", flat=True)
    assert list(advice) == list(names)
    assert advice["city"].labelled == 10
    assert advice["city"].curve[1] == (6, 0.4, 0.38, 0.42)
    assert advice["city"].text.startswith("About 10 more city would bring the share found from ")
    assert advice["water"].labelled == 1
    assert advice["water"].text == (
        "Too few to say: a label is learnt from 8 pictures on. Label 7 more water."
    )


def test_a_picture_is_cropped_as_encoders_of_the_department_see_it() -> None:
    """A black piece on white: the jeweller's crop is a square close around it."""
    picture = Image.new("RGB", (300, 200), "white")
    picture.paste("black", (100, 80, 200, 120))
    data = BytesIO()
    picture.save(data, "JPEG")
    with Image.open(BytesIO(LiveVersions().cropped("jewelry", data.getvalue()))) as cropped:
        assert cropped.format == "JPEG"
        assert cropped.size == (108, 108)
    with Image.open(BytesIO(LiveVersions().cropped("art", data.getvalue()))) as whole:
        assert whole.size == (300, 200)
    with pytest.raises(OSError):
        LiveVersions().cropped("art", b"no picture")


def test_queries_do_not_grow_with_pictures(
    version: ModelVersion, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    embed(version, [0.5, 0.9] * (COUNT // 2))
    label("city", *range(6))
    version.metrics = {
        "guesses": {str(pk): "water" for pk in pks()},
        "probabilities": {str(pk): 0.9 for pk in pks()},
        "self_confidence": {"water": 0.5},
    }
    version.save()
    asked, order = LiveVersions(), pks()
    with django_assert_num_queries(1):
        assert len(asked.guesses("art", order)) == COUNT
    with django_assert_num_queries(1):
        assert len(asked.least_sure("art", everything(), COUNT)) == COUNT
    with django_assert_num_queries(2):
        assert len(asked.most_helpful("art", everything(), COUNT)) == COUNT
    with django_assert_num_queries(4):
        assert len(asked.disagreeing("art", everything(), COUNT)) == 6
    with django_assert_num_queries(2):
        assert len(asked.suspects("art", everything(), COUNT)) == 6
    with django_assert_num_queries(2):
        assert len(asked.near(order[0], everything(), COUNT - 1)) == COUNT - 1
    with django_assert_num_queries(1):
        assert len(asked.look_alikes("art", order)) > 1
    with django_assert_num_queries(3):
        assert len(asked.advice("art")) == 6
