"""``drop_embeddings``: a retired version gives back its room."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ml.indexes import create_index
from ml.models import Embedding, ModelVersion, Offer
from tests.factories import load_catalogue
from tests.ml.rows import candidate, fill

pytestmark = pytest.mark.django_db(transaction=True)


def embedded() -> ModelVersion:
    version = candidate()
    fill(version)
    create_index(version)
    version.promote()
    return version


@pytest.fixture
def retired(tmp_path: Path, media: Path) -> ModelVersion:
    load_catalogue(tmp_path, 6)
    version = embedded()
    embedded()
    version.refresh_from_db()
    assert version.state == "retired"
    return version


def test_vectors_offers_and_index_go_and_the_version_stays(
    retired: ModelVersion, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ml.indexes.DROPPED_AT_ONCE", 4)
    call_command("drop_embeddings", "art", "--version=1", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "version": 1,
        "department": "art",
        "dropped": 6,
    }
    assert not retired.has_index()
    live = ModelVersion.objects.live().get()
    assert set(Embedding.objects.values_list("version", flat=True)) == {live.pk}
    assert set(Offer.objects.values_list("version", flat=True)) == {live.pk}
    assert Offer.objects.count() == 6
    assert live.has_index()
    # Embedded again, it may serve again.
    fill(retired)
    retired.promote()
    assert ModelVersion.objects.live().get() == retired


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["art", "--version=2"], "art 2 is live: only a retired version's"),
        (["art", "--version=9"], "art has no version 9"),
        (["cars", "--version=1"], "There is no department 'cars'"),
    ],
)
def test_what_is_in_use_or_missing_is_refused(
    retired: ModelVersion, arguments: list[str], says: str
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("drop_embeddings", *arguments)
    assert says in str(refused.value)
    assert Embedding.objects.count() == 12
