"""A product's page: what its JSON-LD says, and which of several products is the page's own."""

import json
from typing import Any

import pytest

from tests.crawlers.parsers.prints import SIXTY, URL, only, product, read
from tests.crawlers.parsers.reading import price_of


def test_it_works() -> None:
    item = only(
        read(
            product(
                description="<p>Blue &amp; <b>deep</b></p>",
                brand={"@type": "Brand", "name": "Ana"},
                category="Art > Prints",
                image=["/a.jpg", {"@type": "ImageObject", "contentUrl": "//cdn.example/b.jpg"}],
                width={"@type": "QuantitativeValue", "value": 30, "unitCode": "CMT"},
                height="12 in",
            )
        )
    )
    assert (item.external_id, item.title, item.url) == ("S1", "Sea", URL)
    assert (item.description, item.brand, item.category) == ("Blue & deep", "Ana", "Art > Prints")
    assert [image.url for image in item.images] == [
        "https://shop.example/a.jpg",
        "https://cdn.example/b.jpg",
    ]
    assert (price_of(item), item.currency, item.price_source) == ("25", "USD", "json-ld")
    assert (str(item.width_cm), str(item.height_cm)) == ("30.00", "30.48")


@pytest.mark.parametrize(
    "value",
    [
        product(),
        [{"@type": "WebSite"}, product()],
        {"@context": "https://schema.org", "@graph": [{"@type": "Person"}, product()]},
        {"@type": "ItemPage", "mainEntity": product()},
        product() | {"@type": ["http://schema.org/Product", "Thing"]},
        "<!--\n" + json.dumps(product()) + ";\n-->",
        "//<![CDATA[\n" + json.dumps(product()) + "\n//]]>",
        json.dumps(product()).replace("}}", ",},}"),
        json.dumps(product()).replace('"', "&quot;"),
        json.dumps(product()).replace("Sea", "Se\x01a").replace('"sku"', '\n"sku"'),
        product(name={"@value": "Sea", "@language": "en"}, sku=["S1"]),
    ],
)
def test_a_product_is_found_wherever_its_node_lies(value: Any) -> None:
    item = only(read(value))
    assert (item.title, item.external_id, price_of(item)) == ("Sea", "S1", "25")


def test_one_broken_block_does_not_lose_the_good_ones() -> None:
    assert price_of(only(read("{ not json", "", product(), "[" * 50_000))) == "25"


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        ({"price": 25, "priceCurrency": "USD"}, "25"),
        ({"price": "$25", "priceCurrency": "USD"}, "25"),
        ({"price": "1.234,56 €", "priceCurrency": "EUR"}, "1234.56"),
        ({"price": "€ 25"}, "25"),
        ({"price": 25, "priceCurrency": "€"}, "25"),
        ([{"price": "25", "priceCurrency": "USD"}, {"price": 40, "priceCurrency": "USD"}], "25–40"),
        ([{"price": "25", "priceCurrency": "USD"}, {"price": 9, "priceCurrency": "SEK"}], "25"),
        ({"lowPrice": 25, "highPrice": "40", "priceCurrency": "USD"}, "25–40"),
        ({"lowPrice": 25, "highPrice": 25, "priceCurrency": "USD"}, "25"),
        ({"lowPrice": 0, "highPrice": 40, "priceCurrency": "USD"}, "-"),
        ({"priceSpecification": {"price": 25, "priceCurrency": "USD"}}, "25"),
        ({"priceCurrency": "USD", "priceSpecification": [{"minPrice": 25}]}, "25"),
        (
            {
                "priceSpecification": [
                    {
                        "price": 40,
                        "priceCurrency": "USD",
                        "priceType": "https://schema.org/ListPrice",
                    },
                    {"price": 25, "priceCurrency": "USD"},
                ]
            },
            "25<40",
        ),
        ({"price": 0, "priceCurrency": "USD"}, "-"),
        ({"price": {}, "priceCurrency": "USD"}, "-"),
        ({"price": "Free", "priceCurrency": "USD"}, "-"),
        ({"price": "25"}, "-"),
        ({"price": "25 €", "priceCurrency": "USD"}, "-"),
        ({"price": True, "priceCurrency": "USD"}, "-"),
        ({"price": "NaN", "priceCurrency": "USD"}, "-"),
        ({"price": 1e400, "priceCurrency": "USD"}, "-"),
        ({}, "-"),
        ("25 USD", "-"),
        (None, "-"),
    ],
)
def test_prices_of_offers(offers: Any, expected: str) -> None:
    assert price_of(only(read(product(offers=offers)))) == expected


def test_single_offers_tell_more_than_a_range() -> None:
    offers = {
        "@type": "AggregateOffer",
        "lowPrice": 10,
        "highPrice": 90,
        "priceCurrency": "USD",
        "offers": [
            {"price": 10, "priceCurrency": "USD", "availability": "https://schema.org/SoldOut"},
            {"price": 25, "priceCurrency": "USD", "availability": "InStock"},
        ],
    }
    item = only(read(product(offers=offers)))
    assert (price_of(item), item.availability) == ("25", "in")


@pytest.mark.parametrize(
    ("word", "availability"),
    [
        ("https://schema.org/InStock", "in"),
        (" http://schema.org/LimitedAvailability ", "in"),
        ({"@id": "https://schema.org/OutOfStock"}, "out"),
        ("https://schema.org/PreOrder", "preorder"),
        ("perhaps", "unknown"),
        (7, "unknown"),
    ],
)
def test_availability(word: Any, availability: str) -> None:
    offers = {"price": 25, "priceCurrency": "USD", "availability": word}
    assert only(read(product(offers=offers))).availability == availability


def test_nodes_of_one_product_are_folded_and_the_first_believed() -> None:
    item = only(
        read(
            product(offers={"price": 0, "priceCurrency": "USD"}),
            product(description="Deep", offers={"price": "25", "priceCurrency": "USD"}),
            product(sku=None, brand="Ana", offers={"price": "99", "priceCurrency": "EUR"}),
        )
    )
    assert (price_of(item), item.currency) == ("25", "USD")
    assert (item.description, item.brand) == ("Deep", "Ana")


def test_variants_of_a_group_are_one_product() -> None:
    group = {
        "@type": "ProductGroup",
        "name": "Sea",
        "productGroupID": "G",
        "hasVariant": [
            product(name="Sea, small", sku="S1", image="/s.jpg"),
            product(
                name="Sea, big",
                sku="S2",
                image="/b.jpg",
                offers={"price": 60, "priceCurrency": "USD"},
            ),
        ],
    }
    item = only(read(group))
    assert (item.external_id, item.title, price_of(item)) == ("G", "Sea", "25–60")
    assert [image.url[-6:] for image in item.images] == ["/s.jpg", "/b.jpg"]


@pytest.mark.parametrize(
    ("group", "named"),
    [
        ({"productGroupID": "G"}, {"inProductGroupWithID": "G"}),
        ({"@id": "#g"}, {"isVariantOf": {"@id": "#g"}}),
        ({"productGroupID": "G"}, {"isVariantOf": {"productGroupID": "G"}}),
        ({"hasVariant": [{"@id": "#1"}, {"@id": "#2"}]}, {}),
    ],
)
def test_variants_beside_their_group_are_folded_too(
    group: dict[str, Any], named: dict[str, Any]
) -> None:
    small = product(name="Sea, small", **named) | {"@id": "#1"}
    big = product(name="Sea, big", sku="S2", **named) | {"@id": "#2"}
    big["offers"] = SIXTY
    page = read({"@graph": [small, {"@type": "ProductGroup", "name": "Sea"} | group, big]})
    assert (only(page).title, price_of(only(page))) == ("Sea", "25–60")


def test_variants_whose_group_is_not_there_are_one_product() -> None:
    big = product(sku="S2", inProductGroupWithID="G", offers=SIXTY)
    item = only(read(product(inProductGroupWithID="G"), big))
    assert (item.external_id, price_of(item)) == ("G", "25–60")


def test_variants_with_addresses_that_differ_in_the_variant_only_are_one_product() -> None:
    address = "https://shop.example/prints/sea?variant="
    blue = product(name="Sea, blue", sku="1", url=f"{address}1")
    red = product(name="Sea, red", sku="2", url=f"{address}2")
    page = read(blue, red | {"offers": SIXTY})
    assert price_of(only(page)) == "25–60"
    assert only(page).url == URL
    assert page.links == []


def test_nodes_at_one_address_repeat_one_another_unless_their_ids_differ() -> None:
    one = product(name="Sea | Shop", sku=None, url="/prints/sea")
    assert price_of(only(read(one, product(url="/prints/sea", offers=SIXTY)))) == "25"
    two = one | {"sku": "S2"}
    assert price_of(only(read(two, product(url="/prints/sea", offers=SIXTY)))) == "25–60"


def test_a_group_that_names_itself_is_a_product() -> None:
    group = product(hasVariant=[{"@id": "#1"}]) | {"@id": "#1", "@type": "ProductGroup"}
    assert price_of(only(read(group))) == "25"


def test_related_products_are_links() -> None:
    other = product(name="Air", sku="A1", url="/prints/air")
    page = read(product(isRelatedTo=[product(name="Fire", sku="F1")]), other)
    assert only(page).title == "Sea"
    assert page.links == ["https://shop.example/prints/air"]


def test_the_page_s_own_product_is_the_one_at_its_address() -> None:
    other = product(name="Sea", sku="A1", url="/prints/air")
    own = product(name="Another name", sku="B", url="https://shop.example/prints/sea/#buy")
    page = read(other, own)
    assert only(page).external_id == "B"
    assert page.links == ["https://shop.example/prints/air"]


def test_or_the_one_its_title_names() -> None:
    page = read(product(name="Air", sku="A1"), product(name="SEA"))
    assert only(page).external_id == "S1"


def test_a_page_of_which_no_product_is_its_own_lists_them() -> None:
    page = read(
        product(name="Air", sku="A", url="/prints/air"),
        product(name="Fire", sku="F", url="/prints/fire"),
        head='<link rel="next" href="?page=2">',
    )
    assert page.items == []
    assert page.links == ["https://shop.example/prints/air", "https://shop.example/prints/fire"]
    assert page.next_url == "https://shop.example/prints/sea?page=2"


def test_an_item_list_gives_links() -> None:
    entries = [
        {"@type": "ListItem", "position": 1, "url": "/prints/air"},
        {"@type": "ListItem", "item": {"@type": "Product", "name": "Fire", "url": "/prints/fire"}},
        {"@type": "ListItem", "item": {"@id": "https://shop.example/prints/earth"}},
        {"@type": "ListItem", "item": "https://shop.example/prints/water"},
        "/prints/air",
        None,
    ]
    page = read({"@type": "ItemList", "itemListElement": entries})
    assert page.items == []
    assert [link.rpartition("/")[2] for link in page.links] == ["air", "fire", "earth", "water"]
