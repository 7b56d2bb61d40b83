"""The whole way of an owner on real pictures: import, label, train, embed, recommend, evaluate."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.browser.site import Site


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Return a home of its own, migrated; nothing is served."""
    site = Site(tmp_path_factory.mktemp("real") / "home")
    site.home.mkdir()
    site.manage("migrate", "--verbosity=0")
    return site


def test_art(owner: Site, shared: Path, tmp_path: Path) -> None:
    art = shared / "data" / "art"
    first = owner.report("import_products", str(art / "products.csv"))
    assert (first["created"], first["pictures"], first["failed"]) == (1414, 1416, [])
    again = owner.report("import_products", str(art / "products.csv"))
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 1414)
    for labeller in ("a", "b"):
        report = owner.report(
            "import_labels",
            str(art / f"labels_{labeller}.csv"),
            "--department=art",
            f"--labeller={labeller}",
        )
        assert (report["created"], report["failed"]) == (466, [])

    trained = owner.report("train", "art", "--promote")
    assert trained["state"] == "live"
    assert (trained["pictures"], trained["labelled"]) == (1416, 397)
    embedded = owner.report("embed", "art")
    assert (embedded["embedded"], embedded["present"]) == (0, 1416)

    wall = tmp_path / "wall.svg"
    found = owner.report(
        "recommend",
        str(art / "images" / "0.jpg"),
        "--department=art",
        "--price-max=60",
        f"--wall={wall}",
    )
    assert [match["rank"] for match in found["matches"]] == list(range(1, 9))
    assert all(match["price"] <= 60 for match in found["matches"])
    distances = [match["distance"] for match in found["matches"]]
    assert distances == sorted(distances)
    assert ElementTree.parse(wall).getroot().tag == "{http://www.w3.org/2000/svg}svg"

    measured = owner.report("evaluate", "art", f"--companions={art / 'companions.csv'}")
    assert measured["count"] == 58
    # Colour alone reaches 0.552 here.
    assert measured["hit_at_3"] >= 0.60


def test_jewelry(owner: Site, shared: Path) -> None:
    jewelry = shared / "data" / "jewelry"
    report = owner.report("import_products", str(jewelry / "products.csv"))
    assert (report["created"], report["pictures"], report["failed"]) == (809, 809, [])
    trained = owner.report("train", "jewelry", "--promote")
    assert trained["labelled"] == 809
    assert trained["accuracy"] > 0.75
    photo = next((jewelry / "images" / "rings").glob("*.jpg"))
    found = owner.report(
        "recommend", str(photo), "--department=jewelry", "--price-max=300", "--count=5"
    )
    assert len(found["matches"]) == 5
    assert all(match["price"] <= 300 for match in found["matches"])


def test_real_export_formats(owner: Site, shared: Path) -> None:
    catalogues = shared / "data" / "catalogues"
    report = owner.report(
        "import_products",
        str(catalogues / "glamira_products_details.json"),
        "--department=jewelry",
        "--source=jeweller",
    )
    assert (report["created"], report["failed"]) == (195, [])
    assert json.dumps(report)
