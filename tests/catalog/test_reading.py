"""Catalogue files: our own two formats, hostile rows, whole files that are refused, labels."""

import json
import tempfile
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.reading import (
    FileError,
    ImageRef,
    LabelRow,
    ProductRow,
    RowError,
    count_rows,
    read_companions,
    read_labels,
    read_products,
)
from tests.catalog.files import SHOPIFY_HEADER, products, read, written


def test_it_works(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "external_id,title,url,image,price,currency,department,label,brand,description,price_max,"
        "width_cm,height_cm,availability,shelf\n"
        'a1,"Sea, no. 2",https://shop.example/a1,images/0.jpg,58.99,eur,Art,water,Ann,'
        "<p>Blue&nbsp;&amp;amp; calm</p>,79,30,40.5 cm,in stock,9\n",
    )
    assert read(path) == [
        ProductRow(
            row=2,
            external_id="a1",
            title="Sea, no. 2",
            url="https://shop.example/a1",
            brand="Ann",
            description="Blue & calm",
            category="",
            department="art",
            label="water",
            price=Decimal("58.99"),
            price_max=Decimal("79.00"),
            regular_price=None,
            currency="EUR",
            availability="in",
            width_cm=Decimal("30.00"),
            height_cm=Decimal("40.50"),
            images=(ImageRef("images/0.jpg", "path", 0),),
        )
    ]


def test_two_columns_are_enough_in_any_order(tmp_path: Path) -> None:
    (product,) = products(read(written(tmp_path, "Title ;EXTERNAL_ID\nSea;7\n"), "GBP"))
    assert (product.external_id, product.title, product.currency) == ("7", "Sea", "GBP")
    assert (product.price, product.department, product.label) == (None, None, None)
    assert (product.availability, product.images, product.url) == ("unknown", (), "")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiters_encodings_and_line_endings(
    tmp_path: Path, delimiter: str, encoding: str, ending: str
) -> None:
    lines = [["title", "external_id", "brand"], ["Café – été", "1", "Zoë"], ["Mer", "2", ""]]
    text = ending.join(delimiter.join(line) for line in lines)
    rows = products(read(written(tmp_path, text.encode(encoding), "catalogue.json")))
    assert [(row.row, row.title, row.brand) for row in rows] == [
        (2, "Café – été", "Zoë"),
        (3, "Mer", ""),
    ]


def test_a_cell_of_several_lines_is_one_row_and_blank_rows_count(tmp_path: Path) -> None:
    path = written(tmp_path, 'external_id,title\n1,"two\nlines ""quoted"""\n\n,\n4,12" tall\n')
    assert [(row.row, row.title) for row in products(read(path))] == [
        (2, 'two lines "quoted"'),
        (5, '12" tall'),
    ]
    assert count_rows(path) == 2


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("external_id", " ", "external_id is missing"),
        ("external_id", "x" * 201, "external_id has 201 characters"),
        ("title", "<br>\x00", "title is missing"),
        ("title", "x" * 501, "title has 501 characters"),
        ("price", "abc", "price “abc” cannot be read"),
        ("price", "NaN", "price “NaN” cannot be read"),
        ("price", "inf", "price “inf” cannot be read"),
        ("price", "1e3", "price “1e3” cannot be read"),
        ("price", "-5.00", "price is negative"),
        ("price", "9" * 30, "price is above"),
        ("price", "£5", "price is in GBP"),
        ("price_max", "9.99", "price_max 9.99 is below the price 10.00"),
        ("currency", "US", "currency “US” is not"),
        ("currency", "$", "currency “$” is not"),
        ("currency", "ＵＳＤ", "is not a three-letter code"),
        ("currency", "ZZZ", "is not a three-letter code"),
        ("url", "javascript:alert(1)", "url “javascript:alert(1)” is not an http"),
        ("url", " JaVaScRiPt:alert(1)", "is not an http"),
        ("url", "https:///nowhere", "is not an http"),
        ("url", "http://a.example:x/", "is not an http"),
        ("url", "//a.example/", "is not an http"),
        ("url", 'https://a.example/"onclick=', "is not an http"),
        ("url", "https://a.example/" + "x" * 2000, "url has 2,018 characters"),
        ("image", "data:image/png;base64,AAAA", "is neither a file nor"),
        ("image", "file:///etc/passwd", "is neither a file nor"),
        ("width_cm", "-3", "is not between 0 and 10,000 cm"),
        ("width_cm", "NaN", "is not a length"),
        ("height_cm", "1e99", "is not a length"),
    ],
)
def test_a_bad_value_costs_its_row_only(
    tmp_path: Path, column: str, value: str, reason: str
) -> None:
    good = {"external_id": "1", "title": "Sea", "price": "10", "price_max": "", "currency": "USD"}
    good |= {"url": "", "image": "", "width_cm": "", "height_cm": ""}
    bad = good | {column: value.replace('"', '""')}
    lines = [",".join(f'"{cell}"' for cell in row.values()) for row in (good, bad, good)]
    before, error, after = read(written(tmp_path, "\n".join([",".join(good), *lines])))
    assert isinstance(before, ProductRow)
    assert isinstance(after, ProductRow)
    assert isinstance(error, RowError)
    assert error.row == 3
    assert reason in error.reason


@pytest.mark.parametrize("bad", ["2", "2,Sea,more", '2,"never closed', '"2","a" b", "c"'])
def test_a_row_of_the_wrong_shape_costs_itself_only(tmp_path: Path, bad: str) -> None:
    path = written(tmp_path, f'external_id,title\n1,One\n{bad}\n3,Three\n4,"Fo""ur"\n')
    rows = read(path)
    assert [row.row for row in rows] == [2, 3, 4, 5]
    assert [type(row) for row in rows] == [ProductRow, RowError, ProductRow, ProductRow]
    assert count_rows(path) == 4


def test_a_stray_byte_or_an_endless_line_costs_its_row_only(tmp_path: Path) -> None:
    head = "external_id,title\n1,Café\n".encode()
    stray = b"2,Caf\xe9 \xc3\xa9\n3,Th\xc3\xa9\n"
    rows = read(written(tmp_path, head + stray))
    assert [type(row) for row in rows] == [ProductRow, RowError, ProductRow]
    endless = b"2," + b"x" * (3 << 20) + b"\n3,Three\n"
    rows = read(written(tmp_path, head + endless))
    assert [type(row) for row in rows] == [ProductRow, RowError, ProductRow]


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ("images/0.jpg", "path"),
        ("C.jpg", "path"),
        ("https://cdn.example/0.jpg?v=1", "url"),
        ("/Users/someone/0.jpg", "foreign"),
        ("C:\\photos\\0.jpg", "foreign"),
        ("\\\\server\\0.jpg", "foreign"),
        ("images/../../secret.jpg", "foreign"),
        ("..\\secret.jpg", "foreign"),
        ("~/0.jpg", "foreign"),
    ],
)
def test_a_picture_is_a_path_inside_the_folder_a_url_or_foreign(
    tmp_path: Path, reference: str, kind: str
) -> None:
    (row,) = products(read(written(tmp_path, f"external_id,title,image\n1,Sea,{reference}\n")))
    assert [(image.reference, image.kind) for image in row.images] == [(reference, kind)]


@pytest.mark.parametrize(
    ("price", "default", "currency"),
    [
        ("$12", "EUR", "USD"),
        ("$12", "CAD", "CAD"),
        ("12", "EUR", "EUR"),
        ("12 kr", "SEK", "SEK"),
        ("12 kr", "USD", "price is in SEK, NOK, DKK or ISK: fill in the currency column"),
    ],
)
def test_the_sign_of_a_price_outweighs_the_default(
    tmp_path: Path, price: str, default: str, currency: str
) -> None:
    (row,) = read(written(tmp_path, f"external_id,title,price\n1,Sea,{price}\n"), default)
    assert currency == (row.currency if isinstance(row, ProductRow) else row.reason)


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        "not json",
        json.dumps({"external_id": 7, "title": "Sea", "price": 12.345, "availability": True}),
        "",
        json.dumps(
            {"external_id": "8", "title": "Sun", "image": "a.jpg", "images": ["b.jpg", "a.jpg"]}
        ),
        '{"external_id": "9", "title": "x", "price": NaN}',
        '{"external_id": "9", "title": "x", "price": 1e999999999}',
        '{"external_id": "9", "title": "x", "price": -1}',
        '{"external_id": 1e999999, "title": "x"}',
        '{"external_id": {"a": 1}, "title": "x"}',
        '{"external_id": "9", "title": "x", "images": [3]}',
        "[" * 50_000,
        '["a list"]',
        '{"external_id": "10", "title": "S\\u0000u\\ud800n"}',
    ]
    path = written(tmp_path, "\n".join(lines), "catalogue.csv")
    rows = read(path)
    good = {row.row: row for row in rows if isinstance(row, ProductRow)}
    assert list(good) == [2, 4, 13]
    assert [row.row for row in rows] == [1, 2, *range(4, 14)]
    assert (good[2].external_id, good[2].price, good[2].availability) == (
        "7",
        Decimal("12.35"),
        "in",
    )
    assert [(i.reference, i.position) for i in good[4].images] == [("a.jpg", 0), ("b.jpg", 1)]
    assert good[13].title == "Sun"
    assert count_rows(path) == 12


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"\xff\xd8\xff\xe0 picture", "a JPEG picture"),
        (b"PK\x03\x04 workbook", "Excel"),
        ("external_id,title".encode("utf-16"), "UTF-16"),
        (b"external_id\0,title", "binary"),
        (b"external_id,title\n1,\x81\x8d\n", "byte 0x81 in line 2"),
        (b"sku,name\n1,Sea\n", "“sku”, “name” and lacks external_id and title"),
        (b"external_id,name\n1,Sea\n", "lacks title"),
        (b"external_id,title,title\n1,Sea,Sea\n", "“title” twice"),
        (b'{"sku": 1}\n{"sku": 2}\n', "JSON lines with the keys “sku”"),
        (b'{"Ring": {"gold": {"Price": "$1"', "damaged or unfinished JSON"),
        (b'[{"external_id": 1, "title": "Sea"}]', "one JSON list"),
        (b"[" * 100_000, "damaged or unfinished JSON"),
    ],
)
def test_a_file_that_is_no_catalogue_says_what_it_is(
    tmp_path: Path, content: bytes, found: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(FileError) as refusal:
        read_products(path)
    assert found in str(refusal.value)
    assert count_rows(path) is None


def test_a_missing_file_a_folder_and_an_unknown_currency_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="There is no file"):
        read_products(tmp_path / "none.csv")
    with pytest.raises(FileError, match="is a folder"):
        read_products(tmp_path)
    with pytest.raises(FileError, match="three-letter code"):
        read_products(written(tmp_path, "external_id,title\n"), currency="dollars")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([b"", b"external_id,title,price\n", b'{"external_id":1,"title":2}\n', b"{"])
    | st.just(f"{SHOPIFY_HEADER}\n".encode()),
    st.binary(max_size=300)
    | st.lists(st.sampled_from(b'a1,;"\n\r\xe9{}[]:-.$'), max_size=80).map(bytes),
)
def test_arbitrary_bytes_raise_nothing_but_file_error(start: bytes, rest: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), start + rest)
        for reader in (read_products, read_labels, read_companions):
            with suppress(FileError):
                for row in reader(path):
                    assert isinstance(row, tuple) or row.row > 0


def test_labels_and_companions(tmp_path: Path) -> None:
    path = written(
        tmp_path, "label,image,by\nwater,images/1.jpg,ann\n,images/2.jpg,ann\nsea,,ann\n"
    )
    assert list(read_labels(path)) == [
        LabelRow(2, "images/1.jpg", "water"),
        LabelRow(3, "images/2.jpg", ""),
        RowError(4, "image is missing"),
    ]
    with pytest.raises(FileError, match="lacks the column series"):
        read_companions(path)
    series = written(tmp_path, "series,image\nsea,1.jpg\nsea,2.jpg\n")
    assert read_companions(series) == [("sea", "1.jpg"), ("sea", "2.jpg")]
    with pytest.raises(FileError, match="row 3: image is missing"):
        read_companions(written(tmp_path, "series,image\nsea,1.jpg\nsea,\n"))


def test_real_labels_and_companions(shared: Path) -> None:
    art = shared / "data" / "art"
    for name in ("labels_a.csv", "labels_b.csv"):
        labels = list(read_labels(art / name))
        assert len(labels) == 466
        assert all(isinstance(row, LabelRow) for row in labels)
    pairs = read_companions(art / "companions.csv")
    assert (len(pairs), len({series for series, _ in pairs})) == (58, 27)
