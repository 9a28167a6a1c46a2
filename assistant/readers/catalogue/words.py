"""What the types of BibTeX and BibLaTeX are called in CSL, and the languages of babel in BCP 47."""

from __future__ import annotations

TYPES = {
    "article": "article-journal", "artwork": "graphic", "audio": "song", "book": "book", "bookinbook": "chapter",
    "booklet": "pamphlet", "collection": "book", "conference": "paper-conference", "dataset": "dataset",
    "electronic": "webpage", "image": "graphic", "inbook": "chapter", "incollection": "chapter",
    "inproceedings": "paper-conference", "inreference": "entry", "jurisdiction": "legal_case",
    "legislation": "legislation", "letter": "personal_communication", "manual": "report", "mastersthesis": "thesis",
    "misc": "document", "movie": "motion_picture", "music": "song", "mvbook": "book", "mvcollection": "book",
    "mvproceedings": "book", "mvreference": "book", "online": "webpage", "patent": "patent",
    "performance": "performance", "periodical": "periodical", "phdthesis": "thesis", "proceedings": "book",
    "reference": "book", "report": "report", "review": "review", "software": "software", "standard": "standard",
    "suppbook": "chapter", "suppcollection": "chapter", "suppperiodical": "article-journal", "techreport": "report",
    "thesis": "thesis", "unpublished": "manuscript", "video": "motion_picture", "www": "webpage",
}  # fmt: skip
"""By the entry types of BibTeX and BibLaTeX; what is not among them is a document."""

LANGUAGES = {
    "afrikaans": "af", "american": "en-US", "arabic": "ar", "australian": "en-AU", "austrian": "de-AT",
    "basque": "eu", "brazil": "pt-BR", "brazilian": "pt-BR", "breton": "br", "british": "en-GB", "bulgarian": "bg",
    "canadian": "en-CA", "canadien": "fr-CA", "catalan": "ca", "chinese": "zh", "croatian": "hr", "czech": "cs",
    "danish": "da", "dutch": "nl", "english": "en", "esperanto": "eo", "estonian": "et", "farsi": "fa",
    "finnish": "fi", "french": "fr", "galician": "gl", "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi",
    "hungarian": "hu", "icelandic": "is", "indonesian": "id", "irish": "ga", "italian": "it", "japanese": "ja",
    "korean": "ko", "latin": "la", "latvian": "lv", "lithuanian": "lt", "magyar": "hu", "malay": "ms",
    "naustrian": "de-AT", "newzealand": "en-NZ", "ngerman": "de", "norsk": "nb", "norwegian": "no", "nynorsk": "nn",
    "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru", "scottish": "gd", "serbian": "sr",
    "serbianc": "sr-Cyrl", "slovak": "sk", "slovene": "sl", "slovenian": "sl", "spanish": "es", "swedish": "sv",
    "swissgerman": "de-CH", "nswissgerman": "de-CH", "turkish": "tr", "ukrainian": "uk", "ukenglish": "en-GB",
    "usenglish": "en-US", "vietnamese": "vi", "welsh": "cy",
}  # fmt: skip
"""By the names that babel has for them, in lower case."""
