"""Whatever an answer holds, a parser hands out valid products, or says why it does not."""

import copy
import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlers.items import Page, ParseError
from crawlers.parsers.detect import speaks
from tests.crawlers.parsers.samples import SAMPLES, URL, Sample, written
from tests.crawlers.parsers.valid import assert_valid_page

EVERY = pytest.mark.parametrize("name", SAMPLES)
WITH_DATA = pytest.mark.parametrize(
    "name", [name for name, sample in SAMPLES.items() if sample.data is not None]
)
FUZZ = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ODD_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    10**40,
    float("nan"),
    "",
    " ",
    "0",
    "Free",
    "-5",
    "1" * 400,
    "x" * 5000,
    "<script>alert(1)</script>",
    "\x00\x1b\u202e\ud800",
    "javascript:alert(1)",
    "http://[",
    "//",
    "https://user:secret@host:99999/",
    "https://sh\u00f6p.example/\u00e9 \u2028x",
    [],
    {},
    [None],
    [[["x"]]],
    [{"a": 1}],
    {"@value": None},
    {"@id": 5},
    {"@type": "Product"},
    {"name": {"name": {"name": "x"}}},
]
ODD_BYTES = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x80\xe9",
    b"<",
    b">",
    b'"',
    b"&",
    b"&#0;",
    b"&#x110000;",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE x>",
    b"<?x",
    b"</script>",
    b"{",
    b"]",
    b"\\u0000",
    b"\\ud800",
    b"\t",
    b"\n",
    b"\xc2\x85",
    "\u202e\u2028\u0661".encode(),
]


def outcome(sample: Sample, body: bytes) -> Page | ParseError:
    """Return the page that a sample's reader makes of body, checked, or why it makes none."""
    try:
        page = sample.read(body)
    except ParseError as error:
        problem = error
    else:
        assert_valid_page(page)
        return page
    assert str(problem).endswith(".")
    assert str(problem).isprintable()
    return problem


def places(data: Any) -> list[tuple[Any, ...]]:
    """Return the way to each value in data."""
    found: list[tuple[Any, ...]] = [()]
    parts = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in parts:
        found += [(key, *way) for way in places(value)]
    return found


def changed(data: Any, way: tuple[Any, ...], value: Any, *, delete: bool) -> Any:
    """Return a copy of data with the value at the end of the way replaced or taken away."""
    if not way:
        return value
    whole = copy.deepcopy(data)
    inner = whole
    for key in way[:-1]:
        inner = inner[key]
    if delete:
        del inner[way[-1]]
    else:
        inner[way[-1]] = value
    return whole


@EVERY
def test_the_samples_hold_something(name: str) -> None:
    page = outcome(SAMPLES[name], SAMPLES[name].body)
    assert isinstance(page, Page)
    assert page.items or page.links or page.skipped


@WITH_DATA
def test_each_value_may_be_missing_or_anything(name: str) -> None:
    sample = SAMPLES[name]
    for way in places(sample.data):
        for value in ODD_VALUES:
            outcome(sample, written(sample, changed(sample.data, way, value, delete=False)))
        outcome(sample, written(sample, changed(sample.data, way, None, delete=True)))


@EVERY
def test_an_answer_may_break_off_anywhere(name: str) -> None:
    sample = SAMPLES[name]
    for end in range(0, len(sample.body), 7):
        outcome(sample, sample.body[:end])


@EVERY
@FUZZ
@given(data=st.data())
def test_bytes_may_be_lost_doubled_or_strange(name: str, data: st.DataObject) -> None:
    sample = SAMPLES[name]
    body = sample.body
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = start + data.draw(st.integers(0, 30))
        odd = data.draw(st.sampled_from(ODD_BYTES) | st.binary(max_size=8))
        odd = data.draw(st.sampled_from([odd, body[start:end] * 2]))
        body = body[:start] + odd + body[end:]
    outcome(sample, body)
    speaks(body, URL)


JUNK = {
    "nothing": b"",
    "blank": b" \n\t" * 1000,
    "zeros": bytes(1 << 20),
    "every byte": bytes(range(256)) * 4096,
    "text": b"All work and no play. " * 50_000,
    "lists": b"[" * 10_000,
    "objects": b'{"a":' * 10_000,
    "elements": b"<div>" * 10_000,
    "xml elements": b'<?xml version="1.0"?>' + b"<a>" * 10_000,
    "open comment": b"<!--" * 100_000,
    "open text": b"<urlset><![CDATA[" * 50_000,
    "wrong mark": b"\xff\xfe" + b"<html>" * 1001,
    "gzip": gzip.compress(b"{}"),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(5000),
    "number": b"9" * 100_000,
    "text alone": b'"' + b"x" * 100_000 + b'"',
}


@EVERY
@pytest.mark.parametrize("junk", JUNK)
def test_junk_is_refused_or_holds_nothing(name: str, junk: str) -> None:
    page = outcome(SAMPLES[name], JUNK[junk])
    assert isinstance(page, ParseError) or not page.items
    speaks(JUNK[junk], URL)


@pytest.mark.parametrize("size", [50 << 20])
@EVERY
def test_fifty_megabytes_of_junk_are_refused(name: str, size: int) -> None:
    assert isinstance(outcome(SAMPLES[name], b"<junk>" * (size // 6)), ParseError)


REAL = {
    "json-ld": (
        "jsonld/nike.html",
        "jsonld/wayfair.html",
        "jsonld_nodes/alsweed_product_ldjson.json",
    ),
    "microdata": (
        "microdata/microdata-with-description.html",
        "microdata/opengraph_ns_product.html",
    ),
    "woocommerce": ("woocommerce/samehgabriel_store_v1_products_page1of1.json",),
    "shopify": ("shopify/vmax_de_trimmed.json",),
    "sitemap": ("sitemap/sharoncraft_sitemap.xml",),
    "magento": ("magento_graphql/madar_shapes_2026-07-25.json",),
    "cleveland": ("museum_cleveland/complete_data.json",),
}


@pytest.mark.parametrize(
    ("name", "file"), [(name, file) for name, files in REAL.items() for file in files]
)
@settings(FUZZ, max_examples=15)
@given(data=st.data())
def test_real_answers_may_be_damaged(
    pages: Path, name: str, file: str, data: st.DataObject
) -> None:
    body = (pages / file).read_bytes()
    for _ in range(data.draw(st.integers(1, 20))):
        start = data.draw(st.integers(0, len(body)))
        end = start + data.draw(st.integers(0, 2000))
        body = body[:start] + data.draw(st.sampled_from(ODD_BYTES)) + body[end:]
    outcome(SAMPLES[name], body)
