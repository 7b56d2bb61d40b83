"""Currencies: the codes of ISO 4217, and the signs people write instead."""

_ISO_4217 = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW
KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES
VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CODES = frozenset(_ISO_4217.split())

# ISO 4217 lists these with three decimals.
THREE_DECIMALS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))

_DOLLARS = """
USD AUD CAD NZD SGD HKD MXN CLP COP ARS UYU DOP BBD BSD BMD BND BZD FJD JMD KYD LRD NAD SBD SRD
TTD TWD XCD GYD
"""

# The currencies a sign can mean, the usual one first; "" first where no one of them is usual.
SIGNS: dict[str, tuple[str, ...]] = {
    "$": tuple(_DOLLARS.split()),
    "US$": ("USD",),
    "A$": ("AUD",),
    "AU$": ("AUD",),
    "C$": ("CAD",),
    "CA$": ("CAD",),
    "NZ$": ("NZD",),
    "HK$": ("HKD",),
    "S$": ("SGD",),
    "NT$": ("TWD",),
    "MX$": ("MXN",),
    "R$": ("BRL",),
    "AR$": ("ARS",),
    "BZ$": ("BZD",),
    "CAN$": ("CAD",),
    "CL$": ("CLP",),
    "CO$": ("COP",),
    "J$": ("JMD",),
    "RD$": ("DOP",),
    "TT$": ("TTD",),
    "€": ("EUR",),
    "euro": ("EUR",),
    "£": ("GBP", "EGP", "GIP", "FKP", "SHP", "LBP", "SYP"),
    "¥": ("JPY", "CNY"),
    "yen": ("JPY",),
    "円": ("JPY",),
    "元": ("CNY",),
    "₩": ("KRW", "KPW"),
    "원": ("KRW",),
    "₹": ("INR",),
    "Rs": ("INR", "PKR", "LKR", "NPR", "MUR", "SCR"),
    "₺": ("TRY",),
    "TL": ("TRY",),
    "₽": ("RUB",),
    "руб": ("RUB", "BYN"),
    "р": ("RUB", "BYN"),
    "₴": ("UAH",),
    "грн": ("UAH",),
    "zł": ("PLN",),
    "Kč": ("CZK",),
    "Ft": ("HUF",),
    "lei": ("RON", "MDL"),
    "лв": ("BGN",),
    "kr": ("", "SEK", "NOK", "DKK", "ISK"),
    "Fr": ("CHF",),
    "SFr": ("CHF",),
    "₪": ("ILS",),
    "₫": ("VND",),
    "฿": ("THB",),
    "₱": ("PHP",),
    "Rp": ("IDR",),
    "RM": ("MYR",),
    "R": ("ZAR",),
    "₦": ("NGN",),
    "₸": ("KZT",),
    "₾": ("GEL",),
    "₼": ("AZN",),
    "₡": ("CRC",),
    "KD": ("KWD",),
    "ريال": ("SAR", "QAR", "OMR", "YER"),
    "ر.س": ("SAR",),
    "درهم": ("AED", "MAD"),
    "د.إ": ("AED",),
    "د.ك": ("KWD",),
    "جنيه": ("EGP",),
}
