"""Where the model doubts what people said: it disagrees, or labels may be wrong."""

import pytest
from django.contrib.auth.models import User

from catalog.models import Adjudication, Annotation, Label
from ml.guesses import LiveVersions
from ml.models import ModelVersion
from tests.ml.guessing import COUNT, embed, everything, label, pks, places

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("twelve")]


def test_disagreeing_is_what_people_agree_is_something_else(version: ModelVersion) -> None:
    embed(version, [0.5, 0.93, 0.7, 0.9, 0.8, 0.6, 0.99], labels=[1, 2, 2, 0, 0, 0, None])
    label("city", 0, 1, 2, 3, 4, 6)
    label("abstract", 5)
    # Two people differ over one, and for another it was decided as the model says.
    label("water", 2, by="dora")
    decided = Label.objects.get(department="art", name="abstract")
    dora = User.objects.get(username="dora")
    Adjudication.objects.create(picture_id=pks()[4], label=decided, decided_by=dora)
    shown = LiveVersions().disagreeing("art", everything(), 10)
    assert places(shown) == [1, 3]
    assert shown[0].why == "The model says water, 93 %; it is labelled city"
    assert places(LiveVersions().disagreeing("art", everything(), 1)) == [1]
    among = everything().exclude(pk=pks()[1])
    assert places(LiveVersions().disagreeing("art", among, 10)) == [3]


def test_it_is_found_beyond_the_surest_too(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.guesses.DOUBTED", 2)
    embed(version, [0.99, 0.98, 0.97, 0.6], labels=[0, 0, 0, 0])
    label("city", 0, 3)
    label("abstract", 1, 2)
    assert places(LiveVersions().disagreeing("art", everything(), 1)) == [0]
    assert places(LiveVersions().disagreeing("art", everything(), 10)) == [0, 3]


def test_versions_from_before_disagree_without_saying_how_surely(version: ModelVersion) -> None:
    embed(version, [None])
    label("city", 0)
    [shown] = LiveVersions().disagreeing("art", everything(), 10)
    assert shown.why == "The model says abstract; it is labelled city"
    [helpful] = LiveVersions().most_helpful("art", everything(), 10)
    assert helpful.why == ""


def test_a_decision_against_the_model_disagrees_with_it(version: ModelVersion) -> None:
    embed(version, [0.9], labels=[1])
    label("city", 0)
    water = Label.objects.get(department="art", name="water")
    cora = User.objects.get(username="cora")
    Adjudication.objects.create(picture_id=pks()[0], label=water, decided_by=cora)
    [shown] = LiveVersions().disagreeing("art", everything(), 10)
    assert shown.why == "The model says city, 90 %; it is labelled water"


def test_a_label_merged_into_the_one_people_gave_does_not_disagree(version: ModelVersion) -> None:
    embed(version, [0.9, 0.9], labels=[1, 2])
    label("landscape", 0, 1)
    Label.objects.filter(department="art", name="city").update(
        hotkey="", merged_into=Label.objects.get(department="art", name="landscape")
    )
    assert places(LiveVersions().disagreeing("art", everything(), 10)) == [1]


def test_suspects_were_surely_taken_for_another_label_unseen(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = pks()
    embed(version, [0.99] * COUNT)
    label("city", 0, 1, 2, 3, 4)
    version.metrics = {
        "guesses": {
            str(order[0]): "water",
            str(order[1]): "water",
            str(order[2]): "abstract",
            str(order[3]): "city",
        },
        "probabilities": {
            str(order[0]): 0.7,
            str(order[1]): 0.95,
            str(order[2]): 0.65,
            str(order[3]): 0.99,
        },
        # Its own pictures, it takes for abstract with 0.6 on average, and 0.8 for water.
        "self_confidence": {"water": 0.8, "abstract": 0.6, "city": 0.5},
    }
    version.save()
    shown = LiveVersions().suspects("art", everything(), 10)
    assert places(shown) == [1, 2]
    assert shown[0].why == "Before it saw the label the model said water, 95 %, not city"
    monkeypatch.setattr("ml.guesses.SUSPECTED", 1)
    assert places(LiveVersions().suspects("art", everything(), 10)) == [1, 2]
    # Whoever corrected the label is not asked again.
    Annotation.objects.filter(picture=order[1]).update(
        label=Label.objects.get(department="art", name="water")
    )
    assert places(LiveVersions().suspects("art", everything(), 10)) == [2]
    # What a label was called before says nothing against those that are called otherwise now.
    Label.objects.filter(department="art", name="city").update(name="town")
    assert places(LiveVersions().suspects("art", everything(), 10)) == [2]
    # Versions from before kept no probabilities.
    del version.metrics["probabilities"]
    version.save()
    assert LiveVersions().suspects("art", everything(), 10) == []
