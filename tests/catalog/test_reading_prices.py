"""What is made of the texts in a catalogue file: words without markup, prices without doubt."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.reading import parse_price
from catalog.reading.text import clean_text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("<p>One</p><p>t<b>w</b>o</p>", "One two"),
        ("&lt;img src=x onerror=alert(1)&gt;Sea", "Sea"),
        ("&amp;lt;i&amp;gt;Sea", "Sea"),
        ("5 < 6 &amp; 7 > 3 <3", "5 < 6 & 7 > 3 <3"),
        ("a<script>alert('<b>')</script >b<!-- x > y -->c", "a b c"),
        ("S\x00e\x1ba\u202e \u00a0\n\tx\ud800", "Sea x"),
        ("<!--" * 20_000, " ".join(["<!--" * 20_000])),
        ("<" + "a" * 500_000, "<" + "a" * 500_000),
    ],
)
def test_text_is_what_a_person_reads(text: str, clean: str) -> None:
    assert clean_text(text) == clean


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("12.5", "12.50", None),
        ("3.350", "3.35", None),
        ("KWD 3.350", "3.35", "KWD"),
        ("Rp 31.500", "31500.00", "IDR"),
        ("€ 1.299", "1299.00", "EUR"),
        ("1’299.00 CHF", "1299.00", "CHF"),
        ("1.234,56 €", "1234.56", "EUR"),
        ("$1,146.00", "1146.00", "USD"),
        ("1\xa0299,00 zł", "1299.00", "PLN"),
        ("1.899,-", "1899.00", None),
        ("2 pairs from $349", "349.00", "USD"),
        ("$349 for 2", "349.00", "USD"),
        ("2 pairs from 349", None, None),
        ("10–20 USD", "10.00", "USD"),
        ("From 26 to 50 €", "26.00", "EUR"),
        ("99,99 EUR (-30,00%) 69,99 EUR", "99.99", "EUR"),
        ("$12.00 CAD", "12.00", "CAD"),
        ("12x de R$ 44,00", "44.00", "BRL"),
        ("₹1,00,000", "100000.00", "INR"),
        ("35€ 99", "35.99", "EUR"),
        ("199 kr", "199.00", None),
        ("0.005", "0.01", None),
        ("0.004", None, None),
        ("Buy now - 2 litres was $120.00 now $60.00", "60.00", "USD"),
        ("Was: USD 124.95 / 99.95 USD", "99.95", "USD"),
        ("UVP 249,00 EUR", "249.00", "EUR"),
        ("Free shipping on orders over $49", None, None),
        ("$25 + free shipping on orders over $49", "25.00", "USD"),
        ("AU $59.95", "59.95", "AUD"),
        ("1 R$", "1.00", "BRL"),
        ("Free", None, None),
        ("$ 0.00", None, "USD"),
        ("", None, None),
        ("-5 USD", None, None),
        ("$-5", None, None),
        ("- $ 5", None, None),
        ("Ring - 6.75", "6.75", None),
        ("40% OFF", None, None),
        ("14K gold", None, None),
        ("1.2.3", None, None),
        ("12,345,67", None, None),
        ("NaN", None, None),
    ],
)
def test_prices(text: str, amount: str | None, currency: str | None) -> None:
    assert parse_price(text) == (Decimal(amount) if amount else None, currency)


@given(st.text(st.sampled_from("0123456789.,' -€$%kKRra\u2019\xa0٣"), max_size=25) | st.text())
def test_any_text_is_a_positive_price_or_none(text: str) -> None:
    amount, currency = parse_price(text)
    assert amount is None or (amount > 0 and amount == amount.quantize(Decimal("0.01")))
    assert currency is None or len(currency) == 3


@given(st.decimals("0.01", "9999999999", places=2), st.sampled_from(["", "$", "EUR "]))
def test_a_machine_s_price_is_read_back(amount: Decimal, sign: str) -> None:
    assert parse_price(f"{sign}{amount}")[0] == amount
    assert parse_price(f"{sign}{amount:,}")[0] == amount
