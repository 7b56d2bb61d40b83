"""The museums' answers: what is in the public domain, has a picture, and how large it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from crawlers.items import ItemImage, Page, ParseError, ProductItem, Skipped
from crawlers.parsers import artic, cleveland, met
from tests.crawlers.parsers.valid import assert_valid_page

ARTIC = "https://api.artic.edu/api/v1/artworks?page=1&limit=100"
MET = "https://collectionapi.metmuseum.org/public/collection/v1/objects"
CLEVELAND = "https://openaccess-api.clevelandart.org/api/artworks/?cc=1&has_image=1&limit=1&skip=0"


def only(page: Page) -> ProductItem:
    assert_valid_page(page)
    (item,) = page.items
    assert (item.price, item.currency, item.price_source) == (None, "", "")
    return item


def sides(item: ProductItem) -> str:
    return f"{item.width_cm} × {item.height_cm}"


@pytest.mark.parametrize(
    ("file", "title", "artist", "category", "size"),
    [
        (
            "4.json",
            "Priest and Boy",
            "Lawrence Carmichael Earle",
            "Prints and Drawings > Drawing and Watercolor",
            "34.50 × 47.20",
        ),
        (
            "9.json",
            "Interior of St. Mark's, Venice",
            "David Dalhoff Neal",
            "Arts of the Americas > Painting",
            "148.90 × 184.20",
        ),
        # Of image, plate and sheet, the sheet: it is what the photograph shows.
        (
            "20.json",
            "It Rocks but is Not Sunk",
            "Charles Meryon",
            "Prints and Drawings > Print",
            "18.70 × 26.80",
        ),
        (
            "24.json",
            "Portrait of Edouard Molé",
            "Robert Nanteuil",
            "Prints and Drawings > Print",
            "20.10 × 29.10",
        ),
    ],
)
def test_chicago_s_artworks_are_what_a_person_reads(
    pages: Path, file: str, title: str, artist: str, category: str, size: str
) -> None:
    item = only(artic.read_artworks((pages / "museum_aic" / file).read_bytes(), ARTIC))
    assert item.external_id == file.removesuffix(".json")
    assert item.url == f"https://www.artic.edu/artworks/{item.external_id}"
    assert (item.title, item.brand, item.category) == (title, artist, category)
    assert sides(item) == size


def test_chicago_s_picture_and_words(pages: Path) -> None:
    item = only(artic.read_artworks((pages / "museum_aic" / "4.json").read_bytes(), ARTIC))
    assert item.images == (
        ItemImage(
            "https://www.artic.edu/iiif/2/1753b638-d4fb-8e45-3db9-92dde7f053da/full/843,/0/default.jpg",
            0,
            "A work made of watercolor over graphite on cream wove paper.",
        ),
    )
    assert item.description == "Watercolor over graphite on cream wove paper, n.d."


@pytest.mark.parametrize("file", ["json_info.json", "someArtworks.csv"])
def test_what_else_chicago_serves_is_no_list_of_artworks(pages: Path, file: str) -> None:
    with pytest.raises(ParseError):
        artic.read_artworks((pages / "museum_aic" / file).read_bytes(), ARTIC)


def chicago(*artworks: Any, **more: Any) -> Page:
    page = artic.read_artworks(json.dumps({"data": artworks} | more).encode(), ARTIC)
    assert_valid_page(page)
    return page


def artwork(**changes: Any) -> dict[str, Any]:
    """Return an artwork as Chicago lists it."""
    return {"id": 1, "title": "Sea", "is_public_domain": True, "image_id": "a-b-1"} | changes


def test_chicago_s_list_goes_on_and_names_its_pictures_server() -> None:
    page = chicago(
        artwork(),
        pagination={"total": 130_000, "next_url": f"{ARTIC}&page=2"},
        config={"iiif_url": "https://pictures.example/iiif/3"},
    )
    assert (page.total, page.next_url) == (130_000, f"{ARTIC}&page=2")
    assert only(page).images[0].url == (
        "https://pictures.example/iiif/3/a-b-1/full/843,/0/default.jpg"
    )


def test_chicago_s_last_page_ends_the_list() -> None:
    assert chicago(pagination={"total": 1, "next_url": None}).next_url == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_public_domain": False}, "not in the public domain"),
        ({"is_public_domain": "true"}, "not in the public domain"),
        ({"image_id": None}, "no picture"),
        ({"image_id": "../../evil"}, "no picture"),
        ({"title": ""}, "no title"),
    ],
)
def test_what_chicago_does_not_give_away_is_skipped(changes: dict[str, Any], reason: str) -> None:
    page = chicago(artwork(**changes))
    assert (page.items, page.skipped) == ([], [Skipped("1", reason)])


@pytest.mark.parametrize(
    ("words", "size"),
    [
        ("47.2 × 34.5 cm (18 5/8 × 13 5/8 in.)", "34.50 × 47.20"),
        ("28 3/4 x 36 1/4 in. (73 x 92.1 cm)", "92.10 × 73.00"),
        ("10 × 20 × 5 cm", "20.00 × 10.00"),
        ("Framed: 50 × 60 cm; Unframed: 40 × 45 cm", "45.00 × 40.00"),
        ("Framed: 50 × 60 cm", "None × None"),
        ("Overall (with mat): 50 × 60 cm; Image: 40 × 45 cm", "45.00 × 40.00"),
        ("H. 10 1/8 in. (25.7 cm); W. 4 in. (10.2 cm)", "10.20 × 25.70"),
        ("H. 10 1/8 in. (25.7 cm), W. 4 in. (10.2 cm)", "10.20 × 25.70"),
        ("Diam. 12 cm", "None × None"),
        ("0 × 0 cm", "None × None"),
        ("99999 × 99999 cm", "None × None"),
        ("dimensions variable", "None × None"),
    ],
)
def test_sizes_as_museums_write_them(words: str, size: str) -> None:
    assert sides(only(chicago(artwork(dimensions=words)))) == size


def test_the_met_s_object_is_what_a_person_reads(pages: Path) -> None:
    file = pages / "museum_met" / "sample_response_without_additional.json"
    item = only(met.read_object(file.read_bytes(), f"{MET}/47533"))
    assert (item.external_id, item.title, item.brand) == ("47533", "Cover", "China")
    assert item.url == "https://www.metmuseum.org/art/collection/search/47533"
    assert item.category == "Asian Art > Ceramics"
    assert item.description.startswith("Porcelain painted in underglaze blue, Qing dynasty")
    assert [image.url for image in item.images] == [
        "https://images.metmuseum.org/CRDImages/as/original/79_2_414b_S1_sf.jpg"
    ]
    assert sides(item) == "None × 2.90"


def met_object(**changes: Any) -> Page:
    values = {"objectID": 5, "title": "Sea", "isPublicDomain": True} | changes
    values = {"primaryImage": "https://images.example/a.jpg"} | values
    page = met.read_object(json.dumps(values).encode(), f"{MET}/5")
    assert_valid_page(page)
    return page


def test_the_met_s_further_pictures_and_measurements() -> None:
    item = only(
        met_object(
            additionalImages=["https://images.example/b.jpg", "https://images.example/a.jpg", 7],
            measurements=[
                {"elementName": "Frame", "elementMeasurements": {"Height": 90, "Width": 110}},
                {"elementName": "Overall", "elementMeasurements": {"Height": 73, "Width": 92.1}},
            ],
            artistDisplayName="Ana",
            objectURL="",
        )
    )
    assert [image.url[-5:] for image in item.images] == ["a.jpg", "b.jpg"]
    assert (sides(item), item.brand) == ("92.10 × 73.00", "Ana")
    assert item.url == "https://www.metmuseum.org/art/collection/search/5"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"isPublicDomain": False}, "not in the public domain"),
        ({"primaryImage": ""}, "no picture"),
        ({"primaryImage": "", "additionalImages": ["https://images.example/b.jpg"]}, "no picture"),
        ({"title": "", "objectName": None}, "no title"),
    ],
)
def test_what_the_met_does_not_give_away_is_skipped(changes: dict[str, Any], reason: str) -> None:
    page = met_object(**changes)
    assert (page.items, page.skipped) == ([], [Skipped("5", reason)])


def test_the_met_s_list_gives_links() -> None:
    page = met.read_object_ids(b'{"total":3,"objectIDs":[1,2,2,"x",3]}', MET)
    assert_valid_page(page)
    assert page.links == [f"{MET}/{number}" for number in (1, 2, 3)]
    assert page.total == 3


def test_the_met_s_search_may_find_nothing() -> None:
    page = met.read_object_ids(b'{"total":0,"objectIDs":null}', MET)
    assert (page.links, page.total) == ([], 0)


@pytest.mark.parametrize("answer", [b'{"message":"ObjectID not found"}', b"[]", b"<html></html>"])
def test_what_is_no_object_of_the_met_s_is_refused(answer: bytes) -> None:
    with pytest.raises(ParseError):
        met.read_object(answer, MET)
    with pytest.raises(ParseError):
        met.read_object_ids(answer, MET)


def test_cleveland_s_painting_is_what_a_person_reads(pages: Path) -> None:
    file = pages / "museum_cleveland" / "complete_data.json"
    item = only(cleveland.read_artworks(file.read_bytes(), CLEVELAND))
    assert item.external_id == "93014"
    assert item.title == "View of Schroon Mountain, Essex County, New York, After a Storm"
    assert item.url == "https://clevelandart.org/art/1335.1917"
    assert item.brand == "Thomas Cole"
    assert item.category == "American Painting and Sculpture > Painting"
    assert item.description.startswith("oil on canvas, 1838. Championing the unspoiled American")
    assert [image.url for image in item.images] == [
        "https://openaccess-cdn.clevelandart.org/1335.1917/1335.1917_web.jpg"
    ]
    # Without its frame: 99.8 high, 160.6 wide.
    assert sides(item) == "160.60 × 99.80"


def test_cleveland_s_list_is_what_a_person_reads(pages: Path) -> None:
    file = pages / "museum_cleveland" / "response_success.json"
    page = cleveland.read_artworks(file.read_bytes(), CLEVELAND)
    item = only(page)
    assert (item.external_id, item.title, item.brand) == ("96887", "Scent Bottle", "")
    assert sides(item) == "None × 10.20"
    assert page.total == 32483
    assert page.next_url == CLEVELAND.replace("skip=0", "skip=1")


def test_cleveland_s_list_ends(pages: Path) -> None:
    file = pages / "museum_cleveland" / "response_no_data.json"
    page = cleveland.read_artworks(file.read_bytes(), CLEVELAND)
    assert (page.items, page.skipped, page.next_url) == ([], [], "")
    assert page.total == 32483


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"share_license_status": "Copyrighted"}, "not in the public domain"),
        ({"images": {}}, "no picture"),
        ({"images": {"web": {"url": "ftp://x/y.jpg"}}}, "no picture"),
        ({"url": None}, "no address"),
    ],
)
def test_what_cleveland_does_not_give_away_is_skipped(changes: dict[str, Any], reason: str) -> None:
    values = {
        "id": 1,
        "title": "Sea",
        "share_license_status": "CC0",
        "url": "https://clevelandart.org/art/1",
        "images": {"web": {"url": "https://cdn.example/a.jpg"}},
    }
    answer = json.dumps({"data": [values | changes]}).encode()
    page = cleveland.read_artworks(answer, CLEVELAND)
    assert (page.items, page.skipped) == ([], [Skipped("1", reason)])


@pytest.mark.parametrize("answer", [b"{}", b"[]", b"<html></html>", b'{"data":"none"}'])
def test_another_answer_is_no_list_of_artworks(answer: bytes) -> None:
    for read in (artic.read_artworks, cleveland.read_artworks):
        with pytest.raises(ParseError):
            read(answer, ARTIC)
