"""Find out in which encoding a document is, and what of it no document may hold."""

import codecs
import re

from w3lib.encoding import read_bom

NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]+")
# Those of https://encoding.spec.whatwg.org: Python knows others, which are no text or costly.
_OF_THE_WEB = """
ascii utf-8 gbk gb2312 gb18030 big5 big5hkscs euc_jp shift_jis cp932 euc_kr cp949 cp866 koi8-r
koi8-u mac-roman mac-cyrillic cp874 tis-620 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257
cp1258 latin-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9
iso8859-10 iso8859-13 iso8859-14 iso8859-15 iso8859-16
"""
_NAMES = frozenset(codecs.lookup(name).name for name in _OF_THE_WEB.split())
_SAMPLE = 1 << 20


def decode(body: bytes, declared: str | None) -> str:
    """Return a document's text: by its mark, else UTF-8 where it is that, else as it declares.

    What neither marks nor declares an encoding of the web is taken for Windows-1252 where less of
    it is UTF-8 than is not.
    """
    mark, _ = read_bom(body)
    if mark:
        return body.decode(mark, "replace").removeprefix("\ufeff")
    try:
        return body.decode()
    except UnicodeDecodeError:
        pass
    encoding = known(declared)
    if encoding is None:
        sample = body[:_SAMPLE]
        wrong = sample.decode(errors="replace").count("\ufffd")
        right = sum(1 for byte in sample if byte >= 0xC2) - wrong
        encoding = "utf-8" if right > wrong else "cp1252"
    return body.decode(encoding, "replace")


def known(name: str | None) -> str | None:
    """Return Python's name of an encoding of the web, None for any other."""
    try:
        encoding = codecs.lookup(name).name if name else None
    except (LookupError, ValueError):
        return None
    return encoding if encoding in _NAMES else None
