"""Links to the place of a citation: in the original on the web, and in our own reader.

Text fragments follow the draft "URL Fragment Text Directives" of the WICG (`#:~:text=`), page fragments RFC 8118
(`#page=`).
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode, urlsplit

from assistant.records import CONTEXT_CHARACTERS, Citation, Query, Span

_WHOLE = 10  # words up to which a quotation is given whole
_ENDS = 5  # words of each end of a longer one
_CONTEXT = 3  # words before and after a short one
_FEW = 3  # words up to which a quotation is so short that it needs them
_LONGEST = 500  # characters of a quotation in a link to our reader
_DIRECTIVE = ":~:"


def deep_link(citation: Citation) -> str | None:
    """The address of the original, at the cited place where it can be said: the page of a PDF, the words of a web page.

    A PDF is taken to be at the address itself if that ends in .pdf, or if there is a day of access, as for all that was
    fetched; on the web page that it may be all the same, the number of a page does nothing. Else the address is that of
    a page about it. None where no web address is known.
    """
    known = citation.metadata
    if known.url is None or not _is_web(known.url):
        return None
    address, _, fragment = known.url.partition("#")
    if citation.page:
        there = known.accessed is not None or _ends_in_pdf(address)
        return f"{address}#page={citation.page}" if there else known.url
    if _ends_in_pdf(address) or not citation.quote.strip():
        return known.url
    fragment = fragment.partition(_DIRECTIVE)[0]
    return f"{address}#{fragment}{_DIRECTIVE}text={text_directive(citation)}"


def _is_web(address: str) -> bool:
    try:
        return urlsplit(address).scheme in ("http", "https")
    except ValueError:  # http://[address]
        return False


def _ends_in_pdf(address: str) -> bool:
    return urlsplit(address).path.lower().endswith(".pdf")


def text_directive(citation: Citation) -> str:
    """`[prefix-,]textStart[,textEnd][,-suffix]` for the quoted words.

    A term must not go over the end of a paragraph, so longer quotations are given by their first and last words; a few
    words, which can stand in many places, are given with the words around them.
    """
    lines = [line.split() for line in citation.quote.split("\n") if line.strip()]
    if len(lines) == 1 and len(lines[0]) <= _WHOLE:
        terms = [_term(lines[0])]
    else:
        terms = [_term(lines[0][:_ENDS]), _term(lines[-1][-_ENDS:])]
    if len(lines) == 1 and len(lines[0]) <= _FEW:
        before, after = _before(citation), _after(citation)
        terms = [f"{_term(before)}-"] * bool(before) + terms + [f"-{_term(after)}"] * bool(after)
    return ",".join(terms)


def _before(citation: Citation) -> list[str]:
    """The last whole words before a quotation, in its paragraph."""
    text = citation.prefix
    if len(text) == CONTEXT_CHARACTERS:
        text = re.sub(r"^\S+", "", text)  # it may be a part of a word
    return text.rpartition("\n")[2].split()[-_CONTEXT:]


def _after(citation: Citation) -> list[str]:
    """The first whole words after a quotation, in its paragraph."""
    text = citation.suffix
    if len(text) == CONTEXT_CHARACTERS:
        text = re.sub(r"\S+$", "", text)
    return text.partition("\n")[0].split()[:_CONTEXT]


def _term(words: list[str]) -> str:
    """Words as a term: all that has a meaning in a directive is encoded, the hyphen too."""
    return quote(" ".join(words), safe="").replace("-", "%2D")


def anchor(citation: Citation, index_id: str, within: Span | None = None) -> dict[str, object]:
    """What our reader needs to open the cited words, or the part `within` them."""
    start, end = within or (0, len(citation.quote))
    before = citation.prefix + citation.quote[:start]
    return {
        "source": citation.source_id,
        "start": citation.start + start,
        "end": citation.start + end,
        "quote": citation.quote[start:end],
        "prefix": before[-CONTEXT_CHARACTERS:],
        "index": index_id,
    }


def reader_link(citation: Citation, index_id: str) -> str:
    """The address, within our chat, of the cited words in the reader; of a long quotation, of its beginning.

    It holds the words and those before them, so that they are found again after the index was rebuilt.
    """
    whole = citation.quote
    end = len(whole) if len(whole) <= _LONGEST else max(whole.rfind(" ", 0, _LONGEST), 0) or _LONGEST
    return f"/#{urlencode(anchor(citation, index_id, (0, end)), quote_via=quote)}"


def source_link(source_id: str) -> str:
    """The address, within our chat, of a source in the reader."""
    return f"/#{urlencode({'source': source_id}, quote_via=quote)}"


def answer_link(query: Query) -> str:
    """The address, within our chat, that asks a question again as it was read, under its filters.

    `alone` says that the question stands for itself; `in`, `tag` and `publisher` may come more than once.
    """
    filters = query.filters
    several = (("in", filters.sources), ("tag", filters.tags), ("publisher", filters.publishers))
    asked = [("q", query.full_text), ("alone", "1"), *((name, value) for name, values in several for value in values)]
    dates = (("after", filters.after), ("before", filters.before))
    return f"/?{urlencode([*asked, *((name, date) for name, date in dates if date)], quote_via=quote)}"
