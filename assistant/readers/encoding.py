"""The bytes of a text file to characters: UTF-8 where it is, else what the file declares, else a guess that is told."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from unicodedata import category

from assistant.errors import UnreadableFile

# UTF-32 before UTF-16: the little-endian mark of the one begins with that of the other.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = ((b"GIF8", "a picture"), (b"\x1f\x8b", "a compressed file"))  # kinds that no reader reads
# What charset-normalizer may choose from; with all of its hundred a short text is often taken for an exotic one.
_LIKELY = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r", "mac_roman"),
    *("shift_jis", "cp932", "euc_jp", "iso2022_jp", "gb18030", "big5", "cp949", "tis_620"),
]
# It cannot tell the Latin encodings apart (it reads the è of French as the č of Czech), so that is done here, by the
# letters beyond ASCII of each language; where two fit as well, the first is taken.
_WESTERN = [
    *("àâæçéèêëîïôœùûüÿ", "äöüß", "áéíñóúü", "áâãàçéêíóôõú", "àèéìíîòóùú"),  # French, German, Spanish, Portuguese, ...
    *("æøåéäö", "åäöé", "áéëïóöü", "áðéíóúýþæö", "àçèéíïòóúü"),
]
_CENTRAL = ["áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "ăâîşţ", "čćđšž"]
_BALTIC = ["ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"]
_LATIN = {"cp1252": _WESTERN, "cp1250": _CENTRAL, "cp1254": ["çğıi̇öşüâî"], "cp1257": _BALTIC, "mac_roman": _WESTERN}
# What encodings read otherwise that no file has whose declaration is plain ASCII: UTF-16, UTF-7, EBCDIC, escapes.
_PROBE = b"<p> \\x41\\u0041 +AGE-"
# Browsers read what is declared as the one as the other, and so do the authors who declare it.
_AS_WINDOWS = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254"}
_CONTROLS = re.compile("[\x80-\x9f]")  # quotation marks and dashes of an encoding that was not declared
_SIGNS = frozenset("“”„‘’‚–—…«»‹›°§€£©®™·•½¼¾¹²³ªº¿¡†‡\u00a0")


def decode(data: bytes, declared: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The characters of a text file, and a line if their encoding had to be guessed or some bytes are no characters.

    `declared` is the encoding that the file itself names in ASCII letters, tried after UTF-8.

    Raises:
        UnreadableFile: this is not text.
    """
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise UnreadableFile(f"not text but {kind}; give it the suffix of its kind")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], encoding)
    if b"\0" in data[:65536]:
        return _without_mark(data), ()
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        text = _declared(data, declared) if declared else None
    return _guess(data) if text is None else (text, ())


def _marked(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    """The characters after a byte order mark, and a line if some bytes are none."""
    try:
        return data.decode(encoding), ()
    except UnicodeDecodeError:
        wrong = len(data) - len(data.decode(encoding, errors="ignore").encode(encoding))
    problem = f"some bytes are not text and were replaced by \ufffd: {wrong}; save it again as UTF-8"
    return data.decode(encoding, errors="replace"), (problem,)


def _declared(data: bytes, encoding: str) -> str | None:
    """The characters in the encoding that the file declares; `None` if that is none of text, or not the file's."""
    try:
        name = codecs.lookup(encoding).name
        name = _AS_WINDOWS.get(name, name)
        text = data.decode(name) if _PROBE.decode(name) == _PROBE.decode("ascii") else None
    except (ValueError, LookupError):  # not text in it; no encoding, or none of text; a name that can be none
        return None
    return None if text is None or _CONTROLS.search(text) else text


def _without_mark(data: bytes) -> str:
    """UTF-16 without a byte order mark: the NULs of its ASCII characters stand all on one side."""
    sample = data[:65536]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if min(even, odd) <= max(even, odd) / 20:
        try:
            text = data.decode("utf-16-be" if even > odd else "utf-16-le")
        except UnicodeDecodeError:
            text = ""  # binary after all
        if _is_text(text):
            return text
    raise UnreadableFile("not text: it holds binary data; give it the suffix of its kind")


def _is_text(text: str) -> bool:
    """Whether there are next to no characters that writing does not use."""
    sample = text[:65536]
    strange = sum(category(character) in ("Cc", "Cn", "Co") and not character.isspace() for character in sample)
    return bool(sample) and strange <= len(sample) / 100


def _guess(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode by the likeliest encoding.

    Raises:
        UnreadableFile: no encoding makes text of it.
    """
    from charset_normalizer import from_bytes  # takes a while to import, and most files are UTF-8

    best = from_bytes(data, cp_isolation=_LIKELY).best()
    if best is None:
        raise UnreadableFile("not text in any known encoding; save it as UTF-8")
    encoding = _latin(data) if best.encoding in _LATIN else best.encoding
    text = data.decode(encoding, errors="replace")
    if not _is_text(text):
        raise UnreadableFile("not text: it holds binary data; give it the suffix of its kind")
    return text, (f"not UTF-8: read as {encoding}, a guess; save it as UTF-8 if letters look wrong",)


def _latin(data: bytes) -> str:
    """The Latin encoding in which the letters beyond ASCII are best those of one language."""
    scores: dict[str, int] = {}
    for encoding, alphabets in _LATIN.items():
        beyond = Counter(data.decode(encoding, errors="replace").lower())
        counts = [(character, count) for character, count in beyond.items() if not character.isascii()]
        counts = [(character, count) for character, count in counts if character not in _SIGNS]
        scores[encoding] = max(
            sum(count if character in alphabet else -count for character, count in counts) for alphabet in alphabets
        )
    return max(scores, key=lambda encoding: scores[encoding])
