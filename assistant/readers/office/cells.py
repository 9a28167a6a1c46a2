"""The values of cells in words: numbers as they are stored, percentages as they are shown, dates as ISO dates."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

# What a format shows as it is or not at all: "...", \x, the width of x (_x), x as filler (*x), and [colours].
_LITERAL = re.compile(r'"[^"]*"?|[\\_*].|\[[^\]]*\]', re.DOTALL)
_PERCENT = re.compile(r"[#,]*0(?:\.(0+))?%")


def number(value: float) -> str:
    """A number without the noise of its binary form.

    >>> number(0.1 + 0.2), number(1234567.0), number(1e-7)
    ('0.3', '1234567', '0.0000001')
    """
    text = f"{value:.15g}"  # as many digits as Excel has
    if "e" in text and 1e-10 < abs(value) < 1e21:
        text = f"{Decimal(text):f}"
    return text


def percentage(value: float, pattern: str = "") -> str:
    """A share of 1 as a percentage, with the decimals of the cell's format where that is a plain one.

    >>> percentage(0.125, "0.0%"), percentage(0.07), percentage(1.234, "0%")
    ('12.5%', '7%', '123%')
    """
    plain = _PERCENT.fullmatch(pattern)
    return f"{value * 100:.{len(plain[1] or '')}f}%" if plain else f"{number(value * 100)}%"


def formatted(value: float, pattern: str, epoch: datetime.datetime) -> str:
    """A number of an Excel file as its format has it: a date, a time, a percentage, or a number.

    `epoch` is the day from which the file counts.
    """
    from openpyxl.styles.numbers import is_date_format, is_timedelta_format
    from openpyxl.utils.datetime import from_excel

    if is_timedelta_format(pattern):
        minutes, seconds = divmod(round(abs(value) * 86400), 60)
        return f"{'-' if value < 0 and (minutes or seconds) else ''}{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if is_date_format(pattern):
        if value < 0:
            return number(value)  # Excel has no day for it either
        try:
            moment = from_excel(value, epoch)
        except (ValueError, OverflowError):
            return number(value)  # no day in any calendar
        return _moment(moment, pattern.lower())
    bare = _LITERAL.sub("", pattern)  # a percent sign in quotation marks makes no percentage
    return percentage(value, bare) if "%" in bare else number(value)


def _moment(moment: datetime.datetime | datetime.time, pattern: str) -> str:
    """A date, a time or both, whichever of them a format shows."""
    # A minute or second is rounded, since a moment is stored as a fraction of a day.
    precision = "seconds" if moment.second else "minutes"
    if isinstance(moment, datetime.time):
        return moment.isoformat(precision)
    if not re.search("[dy]|mmm", pattern):
        return moment.time().isoformat(precision)
    return moment.isoformat(" ", precision) if re.search("[hs]", pattern) else moment.date().isoformat()
