"""The import commands: their reports, and what they refuse with exit code 2."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from catalog.management.base import BadInput
from catalog.models import Annotation, Picture, Product, Source
from config import clusters, places
from tests.config.commands import ROOT, Client, environment, query, until
from tests.factories import jpeg, write_catalogue


def call(*arguments: str | Path) -> Any:
    """Return the JSON that a command of this process prints."""
    out = StringIO()
    call_command(*map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def catalogue(media: Path, tmp_path: Path) -> Path:
    return write_catalogue(tmp_path, 3)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    file = tmp_path / "labels.csv"
    file.write_text("image,label\nimages/0.jpg,water\nimages/1.jpg,\n")
    return file


@pytest.mark.django_db
def test_it_works(catalogue: Path, labels: Path) -> None:
    report = call("import_products", catalogue)
    assert report == {
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "pictures": 3,
        "failed": [],
        "pictures_failed": [],
    }
    report = call("import_labels", labels, "--department", "art", "--labeller", "anna")
    assert report == {"created": 2, "updated": 0, "unchanged": 0, "failed": []}
    assert Source.objects.get().name == "import"
    assert Annotation.objects.filter(labeller__username="anna").count() == 2


@pytest.mark.django_db
def test_a_second_import_finds_all_unchanged(catalogue: Path) -> None:
    call("import_products", catalogue)
    report = call("import_products", catalogue)
    assert (report["created"], report["unchanged"], report["pictures"]) == (0, 3, 0)


@pytest.mark.django_db
def test_people_read_a_summary_with_the_rows_that_failed(catalogue: Path, tmp_path: Path) -> None:
    (tmp_path / "images/1.jpg").unlink()
    out = StringIO()
    call_command("import_products", str(catalogue), stdout=out)
    assert out.getvalue().splitlines() == [
        "2 created, 0 updated, 0 unchanged, 2 pictures added, 1 rows failed.",
        "  row 3: picture 'images/1.jpg': there is no such file",
    ]


@pytest.mark.django_db
def test_options_name_source_department_and_currency(media: Path, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text("external_id,title,price\nr1,Ring,120\n")
    call(
        "import_products",
        file,
        "--source",
        "Ringhouse",
        "--department",
        "jewelry",
        "--currency",
        "EUR",
    )
    product = Product.objects.get()
    assert (product.source.name, product.department, product.currency) == (
        "Ringhouse",
        "jewelry",
        "EUR",
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--department", "furniture"], "There is no department 'furniture'"),
        (["--currency", "beads"], "is not a three-letter code"),
        (["--source", "a" * 121], "The source needs a name of 1 to 120 characters."),
    ],
)
def test_bad_options_store_nothing(
    catalogue: Path, media: Path, options: list[str], message: str
) -> None:
    with pytest.raises(BadInput, match=message) as refused:
        call("import_products", catalogue, *options)
    assert refused.value.returncode == 2
    assert not Source.objects.exists()
    assert not media.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There is no file"),
        (b"", "is empty"),
        (jpeg(), "is a JPEG picture"),
        (b"name,colour\nring,red\n", "lacks external_id and title"),
        (b'{"external_id": "1", "title": ', "damaged or unfinished JSON"),
    ],
    ids=["missing", "empty", "picture", "columns", "unfinished"],
)
def test_a_file_that_is_no_catalogue_stores_nothing(
    media: Path, tmp_path: Path, content: bytes | None, message: str
) -> None:
    file = tmp_path / "products.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=message) as refused:
        call("import_products", file, "--department", "art")
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_labels_without_their_columns_are_refused(catalogue: Path) -> None:
    with pytest.raises(BadInput, match="lacks the column label") as refused:
        call("import_labels", catalogue, "--department", "art", "--labeller", "anna")
    assert refused.value.returncode == 2


@pytest.mark.django_db
def test_an_unknown_label_stores_nothing(catalogue: Path, labels: Path) -> None:
    call("import_products", catalogue)
    labels.write_text("image,label\nimages/0.jpg,water\nimages/1.jpg,waves\n")
    with pytest.raises(BadInput, match="has no label 'waves'") as refused:
        call("import_labels", labels, "--department", "art", "--labeller", "anna")
    assert refused.value.returncode == 2
    assert not Annotation.objects.exists()
    assert Picture.objects.count() == 3


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An unused home whose servers stay up for this file's commands."""
    home = tmp_path_factory.mktemp("commands") / "home"
    client = Client(home)
    assert client.ensure() == "ready"
    yield home
    client.end()
    until(lambda: not places.run_directory(home).exists())
    shutil.rmtree(home)
    clusters.discard_cluster(home)


Done = subprocess.CompletedProcess[str]


def manage(home: Path, *arguments: str | Path, **changes: str) -> Done:
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env=environment(home, **changes),
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def first_import(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Import two products, the first command ever in the home; its database has no table yet."""
    file = write_catalogue(tmp_path_factory.mktemp("first"), 2)
    return manage(home, "import_products", file, "--json")


def stored(home: Path) -> list[int]:
    """Return how many rows of each kind the home's database holds, and files its media."""
    tables = ["source", "product", "picture", "annotation"]
    counts = [query(home, f"SELECT count(*) FROM catalog_{table}")[0] for table in tables]
    return [*counts, len([path for path in (home / "media").rglob("*") if path.is_file()])]


def test_in_an_unused_home_a_command_prints_one_json_object(home: Path, first_import: Done) -> None:
    assert (first_import.returncode, first_import.stderr) == (0, "")
    assert json.loads(first_import.stdout)["created"] == 2
    assert first_import.stdout.count("\n") == 1
    assert stored(home) == [1, 2, 2, 0, 4]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import_products", "none.csv"], "There is no file"),
        (["import_products", "products.csv", "--department", "furniture"], "furniture"),
        (["import_labels", "labels.csv", "--department", "art", "--labeller", "anna"], "waves"),
    ],
    ids=["missing file", "unknown department", "unknown label"],
)
def test_bad_input_ends_with_2_and_one_line_and_stores_nothing(
    home: Path, first_import: Done, tmp_path: Path, arguments: list[str], message: str
) -> None:
    write_catalogue(tmp_path, 2, external_id=["new-0", "new-1"])
    (tmp_path / "labels.csv").write_text("image,label\nimages/0.jpg,water\nimages/1.jpg,waves\n")
    before = stored(home)
    command, file, *options = arguments
    done = manage(home, command, tmp_path / file, *options, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert message in line
    assert stored(home) == before


def test_an_outside_database_that_lags_is_left_as_it_is(home: Path, tmp_path: Path) -> None:
    with psycopg.connect(places.database_url(home), autocommit=True) as connection:
        connection.execute("CREATE DATABASE outside")
    url = places.database_url(home).replace("/pendant?", "/outside?")
    file = write_catalogue(tmp_path, 1)
    done = manage(home, "import_products", file, "--json", DATABASE_URL=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "run “manage.py migrate” first" in done.stderr.splitlines()[-1]
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT * FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchall() == []
