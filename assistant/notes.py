"""The notes that an answer can carry, each a template with named fields, so that a page can show them in its own words.

A template is filled with `str.format`; what it is filled with (titles, ids, words of the question) is untrusted text.
"""

from __future__ import annotations

UNDATED_ONE = "{count} undated source was left out by the date filter."
UNDATED_MANY = "{count} undated sources were left out by the date filter."
CHANGED_ONE = "{source} has changed or gone since the index was built and is not quoted: rebuild the index to use it."
CHANGED_MANY = (
    "{count} sources (first: {source}) have changed or gone since the index was built and are not quoted: "
    "rebuild the index."
)
LONG = "The question is long: only the {kept} rarest of its {count} words were searched for."
NOT_MENTIONED = "None of the excerpts mentions {words}."
DIFFER_WITHIN = "The sentences quoted give different figures (in “{title}”): read whose each is."
DIFFER_BETWEEN = "The sentences quoted give different figures ({titles}): read whose each is."

NOTES = {
    "undated_one": UNDATED_ONE,
    "undated_many": UNDATED_MANY,
    "changed_one": CHANGED_ONE,
    "changed_many": CHANGED_MANY,
    "long": LONG,
    "not_mentioned": NOT_MENTIONED,
    "differ_within": DIFFER_WITHIN,
    "differ_between": DIFFER_BETWEEN,
}
"""All of them, by a short key. A note is of the first template that it fits, in this order."""
