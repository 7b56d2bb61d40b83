"""Prices as pages write them: what a person reads, or nothing."""

import ast
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.reading import parse_price
from catalog.reading.currencies import CODES
from crawlers.parsers.prices import Offer, currency_of, fold_offers, make_offer, read_price


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("25.00", "USD", "25.00 USD"),
        ("25", "USD", "25.00 USD"),
        (Decimal("25"), "USD", "25.00 USD"),
        (Decimal("24.995"), "USD", "25.00 USD"),
        ("3.350", "KWD", "3.35 KWD"),
        ("3.350 KWD", "", "3.35 KWD"),
        ("Rp 31.500", "", "31500.00 IDR"),
        ("1’299.00 CHF", "", "1299.00 CHF"),
        ("1'049,95", "CHF", "1049.95 CHF"),
        ("1.234,56 €", "", "1234.56 EUR"),
        ("1 234,56 €", "EUR", "1234.56 EUR"),
        ("25,00", "EUR", "25.00 EUR"),
        ("1,299", "USD", "1299.00 USD"),
        ("1,299.50", "USD", "1299.50 USD"),
        ("₹1,00,000.00", "", "100000.00 INR"),
        ("2 pairs from $349", "", "349.00 USD"),
        ("From £39.95", "", "39.95 GBP"),
        ("Price: $11.95", "", "11.95 USD"),
        ("$12", "CAD", "12.00 CAD"),
        ("$12 - $30", "", "12.00 USD"),
        ("45,00 zł", "", "45.00 PLN"),
        ("Cena 9 800 Kč", "", "9800.00 CZK"),
        ("171900 руб.", "", "171900.00 RUB"),
        ("R$260,00", "", "260.00 BRL"),
        ("3,500円", "", "3500.00 JPY"),
        ("106.61 ريال", "", "106.61 SAR"),
        ("٣٫٥٠ د.ك", "", "3.50 KWD"),
        ("AED 8000 (USD 2179)", "", "8000.00 AED"),
        ("199 kr", "SEK", "199.00 SEK"),
        ("1.899,-", "EUR", "1899.00 EUR"),
        ("Was $120.00 now $60.00", "", "60.00 USD"),
        # None: nothing, or nothing to rely on.
        ("199 kr", "", "None"),
        ("25", "", "None"),
        ("25 €", "USD", "None"),
        ("Free", "USD", "None"),
        ("0", "USD", "None"),
        ("0.00", "USD", "None"),
        ("0.004", "USD", "None"),
        ("-5.00", "USD", "None"),
        ("40% off", "USD", "None"),
        ("Free shipping on orders over $49", "", "None"),
        ("price on request", "USD", "None"),
        ("12,345,67", "EUR", "None"),
        ("NaN", "USD", "None"),
        ("1e3", "USD", "None"),
        ("9" * 30, "USD", "None"),
        ("1" * 5_000_000, "USD", "None"),
        (Decimal("NaN"), "USD", "None"),
        (Decimal("1e400"), "USD", "None"),
        ({}, "USD", "None"),
        ([], "USD", "None"),
        (None, "USD", "None"),
        (True, "USD", "None"),
    ],
)
def test_a_price_is_what_a_person_reads(text: Any, currency: str, expected: str) -> None:
    amount, code = read_price(text, currency)
    assert (f"{amount} {code}" if amount else "None") == expected
    assert (amount is None) == (code == "")


# Of 1,185 texts these are answered otherwise than their list has them.
ON_PURPOSE = {
    # A number by itself was written by a machine, for which one point is decimal.
    "129.900",
    "320.000",
    # A dash before a price makes it a discount.
    "- $44.99",
    # What is asked now is nothing.
    "Was: $124.95 Now: $0.00",
    # Three digits are no cents; a point before the first digit groups nothing.
    "1250€600",
    "$..75,333",
    "$.75,333",
    "$.750.30",
    # Signs that are not known: better none than the wrong money.
    "र24,401",
    "32جن",
    "تومان56,000",
    "571.12坪",
    "200q",
    "200Q",
    # Numbers beside no currency: without one there is no price to keep.
    "July, 2004",
    "16.00 ft",
    "Цена: уточняйте (мин. заказ: 1 )",
}


def listed_examples(file: Path) -> Iterator[tuple[str, Decimal | None]]:
    """Yield the texts of the list with their amounts; it is read, never run."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Example"):
            continue
        text, amount = (ast.unparse(node.args[place]) for place in (1, 4))
        number = ast.literal_eval(amount.removeprefix("Decimal(").removesuffix(")"))
        yield ast.literal_eval(text) or "", None if number is None else Decimal(str(number))


def test_the_list_of_real_texts_is_read_as_people_read_it(pages: Path) -> None:
    others = set()
    examples = list(listed_examples(pages / "price_strings" / "test_price_parsing.py"))
    for text, amount in examples:
        # Those without any digit test the names of currencies.
        if any(sign.isdigit() for sign in text):
            cents = amount and amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
            if parse_price(text)[0] != (cents or None):
                others.add(text)
    assert len(examples) > 1100
    assert others == ON_PURPOSE


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("USD", "USD"),
        (" eur ", "EUR"),
        ("€", "EUR"),
        ("$", "USD"),
        ("US$", "USD"),
        ("zł", "PLN"),
        ("kr", ""),
        ("XXX", ""),
        ("", ""),
        ("dollars of some kind", ""),
        (840, ""),
        (None, ""),
    ],
)
def test_currencies(text: Any, code: str) -> None:
    assert currency_of(text) == code


def offer(price: str, state: str = "in", **more: Any) -> Offer:
    return make_offer(Decimal(price), "USD", availability=state, **more)  # type: ignore[arg-type]  # a word of Availability


def test_variants_that_can_be_had_set_the_price() -> None:
    folded = fold_offers([offer("5", "out"), offer("9", regular=Decimal("12")), offer("7")])
    assert folded == Offer(Decimal("7"), Decimal("9"), None, "USD", "in")


def test_where_none_can_be_had_all_do() -> None:
    folded = fold_offers([offer("9", "out"), offer("5", "out", regular=Decimal("8"))])
    assert folded == Offer(Decimal("5"), Decimal("9"), Decimal("8"), "USD", "out")


def test_an_offer_s_own_highest_counts() -> None:
    assert fold_offers([offer("5", highest=Decimal("20")), offer("9")]).price_max == 20


def test_what_is_not_above_the_price_is_left_out() -> None:
    same = make_offer(Decimal(5), "USD", highest=Decimal(5), regular=Decimal(4))
    assert same == Offer(Decimal(5), None, None, "USD")


def test_without_variants_nothing_is_known() -> None:
    assert fold_offers([]) == Offer()
    assert fold_offers([Offer(availability="out")]) == Offer(availability="out")


@given(st.text(st.sampled_from("0123456789.,' -€$kRraфр%٣’"), max_size=25) | st.text(), st.text())
def test_any_text_is_a_price_with_its_currency_or_neither(text: str, currency: str) -> None:
    amount, code = read_price(text, currency_of(currency))
    assert (amount is None) == (code == "")
    assert amount is None or (amount > 0 and code in CODES)
