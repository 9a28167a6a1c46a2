"""The forward index: the terms of every passage in order, from which the lexical signals of given rows are computed.

`write` makes it, `index` reads it. A search (`assistant.lexical`) finds rows by their terms.
"""

from assistant.terms.index import TermIndex, TermSignals
from assistant.terms.write import TermsWriter

__all__ = ["TermIndex", "TermSignals", "TermsWriter"]
