"""Read prices as shops write them: price-parser finds the amount, and its result is checked."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from price_parser import Price

from catalog.reading.currencies import CODES, SIGNS, THREE_DECIMALS
from catalog.reading.rows import HIGHEST_PRICE, BadValueError
from catalog.reading.text import clip

_CENT = Decimal("0.01")
_LONGEST_TEXT = 200
_NO_PRICE = frozenset(
    ("", "-", "--", "n/a", "none", "null", "poa", "on request", "price on request")
)
_FREE = re.compile(r"\b(free|gratis|gratuit|kostenlos)\b", re.IGNORECASE)
_ALIKE = str.maketrans(
    dict.fromkeys("’‘ʼ′`´", "'") | dict.fromkeys("−‒–—", "-") | {"٫": ".", "٬": ","}
)

_WORDS = {
    written: meant
    for sign, meant in SIGNS.items()
    if sign[-1].isalpha()
    for written in ({sign, sign.capitalize(), sign.upper()} if sign != "R" else {sign})
}
_WORDS |= {code.lower(): (code,) for code in ("EUR", "USD", "GBP", "CHF", "PLN", "CZK", "SEK")}
_WORDS |= {code: (code,) for code in CODES}
_MARKS = _WORDS | {sign: meant for sign, meant in SIGNS.items() if sign not in _WORDS}
_WORD_PATTERN = "|".join(re.escape(sign) for sign in sorted(_WORDS, key=len, reverse=True))
_SIGN_PATTERN = "|".join(
    re.escape(sign) for sign in sorted(_MARKS.keys() - _WORDS.keys(), key=len, reverse=True)
)
_LETTER = r"[^\W\d_]"
_BEFORE = re.compile(
    rf"(?:(?<![A-Z])({_SIGN_PATTERN})|(?<!{_LETTER})({_WORD_PATTERN})\s?\$?)[.:]{{0,2}}\s*-?\s*$"
)
_AFTER = re.compile(rf"\s*(?:[.,]-\s*)?(?:({_SIGN_PATTERN})|({_WORD_PATTERN})(?!{_LETTER}))")
_WORD_BEFORE = re.compile(rf"((?<!\w){_LETTER}+|[^\w\s'\"()+*/.,:;-])\s*$")
_WORD_AFTER = re.compile(rf"\s*({_LETTER}+(?!\w)|[^\w\s'\"()+*/.,:;-])")
_NUMBER = re.compile(
    r"\d{1,3}(?: \d{3})+(?:[.,]\d{1,4})?(?!\d)"  # groups of three, set apart by spaces
    r"|\.?\d+(?:[.,']\d+)*"
)
_RANGE = re.compile(r"[^\w%]*(?:-|to|bis|à|till)[^\w%]*", re.IGNORECASE)
# A minus begins the text, or touches the number or its currency sign; " - " is a dash.
_MINUS = re.compile(r"^- ?\S{0,3} ?$|[\s(]-\S{0,3}$|-$")
# What was asked once, where something is asked now, and from how much on an order is sent free.
_ONCE = re.compile(
    r"\b(?:was|rrp|msrp|uvp|statt|list price)\b:?\W{0,4}(?:[A-Z]{3} ?)?$", re.IGNORECASE
)
_THRESHOLD = re.compile(r"\borders?(?: over| of| from)?\W{1,4}(?:[A-Z]{3} ?)?$", re.IGNORECASE)


def parse_price(text: str) -> tuple[Decimal | None, str | None]:
    """Return (amount, ISO 4217 code) of the first price in text, None for what it does not say.

    The amount is positive and rounded half up to 0.01; zero, "Free", a negative amount and text
    that can be read in no one way give None. A number by itself was written by a machine, so its
    one point is decimal ("3.350" is 3.35); with a currency or other words it was written for
    people, who group by threes ("Rp 31.500" is 31500), unless ISO 4217 gives the currency three
    decimals. "$" is USD and "¥" JPY as long as nothing else says which; "kr", and signs not known,
    are None.
    """
    try:
        amount, meant = read_amount(text)
    except BadValueError:
        return None, None
    return amount, (meant[0] or None) if meant else None


def read_amount(text: str, name: str = "price") -> tuple[Decimal | None, tuple[str, ...]]:
    """Return the amount as parse_price does, with all the currencies its sign can mean.

    None stands for no price (empty, zero, free); raise BadValueError, with the name, for a negative
    amount and for text that is no price or that can be read in more than one way.
    """
    plain = _plain(text) if len(text) <= _LONGEST_TEXT else "?"
    if plain.lower() in _NO_PRICE:
        return None, ()
    numbers = [found for found in _NUMBER.finditer(plain) if _stands_alone(plain, found)]
    if not numbers and _FREE.search(plain):
        return None, ()
    chosen = _choose(plain, numbers)
    if chosen is None:
        raise BadValueError(f"{name} {clip(text)} cannot be read as an amount")
    number, meant = chosen
    people = number.group() != plain and not (meant and meant[0] in THREE_DECIMALS)
    amount = _amount(number.group(), grouped=people)
    if amount is None:
        raise BadValueError(f"{name} {clip(text)} cannot be read as an amount")
    return checked_amount(-amount if _is_negative(plain, number) else amount, name), meant


def checked_amount(amount: Decimal, name: str = "price") -> Decimal | None:
    """Return an amount to 0.01, None for zero; raise BadValueError for NaN or out of range."""
    if not amount.is_finite():
        raise BadValueError(f"{name} {clip(str(amount))} is not a number")
    if amount < 0:
        raise BadValueError(f"{name} is negative")
    if amount > HIGHEST_PRICE:
        raise BadValueError(f"{name} is above {HIGHEST_PRICE:,}")
    return amount.quantize(_CENT, ROUND_HALF_UP) or None


def currency_code(text: str) -> str:
    """Return an ISO 4217 code in capitals; raise BadValueError for any other text."""
    code = text.strip().upper()
    if code not in CODES:
        raise BadValueError(f"currency {clip(text)} is not a three-letter code such as USD or EUR")
    return code


def settle_currency(meant: tuple[str, ...], column: str, default: str) -> str:
    """Return the currency of a price from its sign, its row's currency column and the default.

    meant: what the sign can mean, () without a sign. column: "" where the row names none. Raise
    BadValueError where they contradict one another or leave it open.
    """
    stated = currency_code(column) if column.strip() else ""
    if not meant:
        return stated or default
    if stated:
        if meant != ("",) and stated not in meant:
            raise BadValueError(f"price is in {_either(meant)}, the currency column says {stated}")
        return stated
    if default in meant:
        return default
    if not meant[0]:
        raise BadValueError(f"price is in {_either(meant)}: fill in the currency column")
    return meant[0]


def _either(meant: tuple[str, ...]) -> str:
    codes = [code for code in meant if code]
    if not codes:
        return "a currency that is not known here"
    return codes[0] if len(codes) == 1 else f"{', '.join(codes[:-1])} or {codes[-1]}"


def _plain(text: str) -> str:
    """Return text with ordinary digits, spaces, apostrophes and dashes, and cents joined on."""
    plain = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    plain = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in plain)
    plain = " ".join(plain.split())
    plain = re.sub(r"(\d[.,]) (\d\d)(?![\d.,])", r"\1\2", plain)
    plain = re.sub(r"\b(US|AU|CA|NZ|HK) \$", r"\1$", plain)
    if plain.count("€") == 1:
        plain = re.sub(r"(\d)€ ?(\d\d)(?![\d.,%])", r"\1,\2 €", plain)
    return plain


def _stands_alone(text: str, number: re.Match[str]) -> bool:
    """Say whether a number can be a price: no percentage, and no part of a word such as 14K."""
    start, end = number.span()
    if _THRESHOLD.search(text[:start]):
        return False
    if text[end : end + 2].lstrip().startswith("%"):
        return False
    after = text[end : end + 1]
    if after.isalpha() and not _AFTER.match(text, end):
        return False
    before = text[start - 1 : start]
    return not before.isalpha() or _BEFORE.search(text[:start]) is not None


def _currencies(text: str, number: re.Match[str]) -> tuple[str, ...]:
    """Return what the sign beside a number can mean: () without one, ("",) for one not known."""
    before = _BEFORE.search(text[: number.start()])
    after = _AFTER.match(text, number.end())
    meant = [
        _MARKS[found.group(1) or found.group(2)] for found in (before, after) if found is not None
    ]
    if len(meant) == 2 and (both := tuple(code for code in meant[0] if code in meant[1])):
        return both
    if meant:
        return meant[0]
    beside = (_WORD_AFTER.match(text, number.end()), _WORD_BEFORE.search(text[: number.start()]))
    words = [found.group(1) for found in beside if found is not None]
    return ("",) if any(Price.fromstring(f"1 {word}").currency == word for word in words) else ()


def _choose(
    text: str, numbers: list[re.Match[str]]
) -> tuple[re.Match[str], tuple[str, ...]] | None:
    """Return the number that is the price: beside a currency, else alone, else one with cents."""
    numbers = [n for n in numbers if not _ONCE.search(text[: n.start()])] or numbers
    lowest = {
        high: low
        for low, high in pairwise(numbers)
        if _RANGE.fullmatch(text[low.end() : high.start()]) and _rises(low.group(), high.group())
    }
    for number in numbers:
        if meant := _currencies(text, number):
            return lowest.get(number, number), meant
    if len(numbers) == 1 or (len(numbers) == 2 and numbers[1] in lowest):
        return numbers[0], ()
    with_cents = [number for number in numbers if re.search(r"[.,]\d\d$", number.group())]
    return (with_cents[0], ()) if with_cents else None


def _rises(low: str, high: str) -> bool:
    first, last = _amount(low, grouped=False), _amount(high, grouped=False)
    return first is not None and last is not None and first < last


def _is_negative(text: str, number: re.Match[str]) -> bool:
    before = text[: number.start()]
    return _MINUS.search(before) is not None and re.search(r"\d ?-$", before) is None


def _amount(number: str, *, grouped: bool) -> Decimal | None:
    """Return the amount of one number, or None where its grouping fits no way of writing.

    grouped: whether one point before three digits groups them, as in prices written for people.
    """
    points, commas = number.count("."), number.count(",")
    separator: str | None = None
    if points and commas:
        separator = "." if number.rindex(".") > number.rindex(",") else ","
    elif points + commas == 1:
        separator = "." if points else ","
        # Groups of three follow one to three digits that do not begin with a nought.
        if re.fullmatch(r"[1-9]\d{0,2},\d{3}", number) or (
            grouped and re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", number)
        ):
            separator = None
    whole = number.rpartition(separator)[0] if separator else number
    if not re.fullmatch(
        r"\d*|[1-9]\d{0,2}(?:([ .,'])\d{3})(?:\1\d{3})*|[1-9]\d?(?:,\d\d)+,\d{3}", whole
    ):
        return None
    amount = Price.fromstring(number, decimal_separator=separator or _other(number)).amount
    # price-parser can drop a part of what it was given: every digit must have been used.
    if amount is None or format(amount, "f").replace(".", "").lstrip("0") != re.sub(
        r"\D", "", number
    ).lstrip("0"):
        return None
    return amount


def _other(number: str) -> str | None:
    """Return a decimal separator that number does not hold, so that what it holds groups digits."""
    if "." in number:
        return ","
    return "." if "," in number else None
