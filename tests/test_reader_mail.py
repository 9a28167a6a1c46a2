"""Mail messages and saved web pages, as programs write them."""

import base64
from typing import Any

import pytest

from assistant.bibliography import locate
from assistant.errors import UnreadableFile
from assistant.readers import Reading, read
from assistant.records import LocatorKind, Metadata, Source

HEADER = """From: "Lind, Ada" <ada@port.example>
To: Tom Reyl <tom@pilots.example>, keeper@skarn.example
Subject: Dues for 1988
Date: Fri, 6 Nov 1987 23:30:00 -0500
"""


def message(body: str, header: str = HEADER, encoding: str = "utf-8") -> Reading:
    return read((header + body).replace("\n", "\r\n").encode(encoding), "a.eml")


def text_of(reading: Reading) -> str:
    """The text after the header."""
    (source,) = reading.sources
    return source.text.split("-0500\n\n", 1)[-1]


def where(source: Source, words: str) -> str:
    start = source.text.index(words)
    return locate(source, start, start + len(words))


def letter(**known: Any) -> Metadata:
    return Metadata(type="personal_communication", **known)


def test_a_message_says_who_wrote_to_whom_and_when() -> None:
    reading = message("Cc: =?utf-8?Q?In=C3=A8s?= <ines@port.example>\nX-Mailer: Pen\n\nDear Tom,\n\nThe dues rise.\n")
    (source,) = reading.sources
    assert reading.problems == ()
    assert source.text == (
        'Dues for 1988\n\nFrom: "Lind, Ada" <ada@port.example>\n'
        "To: Tom Reyl <tom@pilots.example>, keeper@skarn.example\nCc: Inès <ines@port.example>\n"
        "Date: Fri, 6 Nov 1987 23:30:00 -0500\n\nDear Tom,\n\nThe dues rise."
    )
    assert source.metadata == letter(title="Dues for 1988", authors=("Lind, Ada",), issued="1987-11-06")
    assert where(source, "The dues rise.") == "paragraph 2"
    assert where(source, "Tom Reyl") == "header"


def test_a_header_may_be_encoded_or_not_or_wrong() -> None:
    header = """From: =?iso-8859-1?Q?Ad=E8le?= =?iso-8859-1?Q?_Roy?= <a@port.example>
Subject: =?windows-1251?B?zODq?= of the =?no-such?Q?x?=
 harbour
Date: some day
"""
    (source,) = message("\nWords.\n", header).sources
    assert source.metadata == letter(
        title="=?windows-1251?B?zODq?= of the =?no-such?Q?x?= harbour", authors=("Adèle Roy",)
    )
    (source,) = message("\nWords.\n", "Subject: =?utf-8?B?x?=\n").sources
    assert source.metadata == letter(title="=?utf-8?B?x?=")
    (source,) = message("\nWords.\n", "From: ada@port.example\nSubject: L’été à Genève\n", "cp1252").sources
    assert source.metadata == letter(title="L’été à Genève", authors=("ada@port.example",))


def test_soft_line_ends_are_taken_out_and_quotations_stay() -> None:
    body = """Content-Type: text/plain; charset=utf-8; format=flowed

The dues rise \nby a tenth.
They rose before.

> Will the dues \n> rise?
>> You asked \n>> me.
-- \nAda
"""
    assert text_of(message(body)) == (
        "The dues rise by a tenth.\nThey rose before.\n\n> Will the dues rise?\n>> You asked me.\n--\nAda"
    )


def test_quoted_printable_and_base64_are_read_in_their_encoding() -> None:
    header = "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
    quoted = header + "L=92=E9t=E9 =\n=E0 Brest.\n"
    assert text_of(message(quoted)) == "L’été à Brest."
    encoded = base64.b64encode("灯台は点灯した。".encode("iso-2022-jp")).decode()
    japanese = f"Content-Type: text/plain; charset=iso-2022-jp\nContent-Transfer-Encoding: base64\n\n{encoded}\n"
    assert text_of(message(japanese)) == "灯台は点灯した。"


def test_a_missing_or_wrong_encoding_is_guessed_and_told() -> None:
    reading = message("Content-Type: text/plain; charset=x-none\n\nL’été à Genève, près du port.\n", encoding="cp1252")
    assert text_of(reading) == "L’été à Genève, près du port."
    assert reading.problems == ("not UTF-8: read as cp1252, a guess; save it as UTF-8 if letters look wrong",)
    assert text_of(message("\nL’été.\n")) == "L’été."


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nThe dues rise by a tenth, he said.\n"
RICH = """Content-Type: text/html; charset=utf-8

<html><head><style>p {}</style></head><body><p>The <b>dues</b> rise by a tenth, he&nbsp;said.</p>
<div style="display:none">preview</div><ul><li>Pilots pay.</li><li>Fishers do not.</li></ul></body></html>
"""


def parts(kind: str, *inner: str) -> str:
    boundary = kind.replace("/", "-")
    body = "".join(f"--{boundary}\n{part}\n" for part in inner)
    return f'Content-Type: {kind}; boundary="{boundary}"\n\nNot shown.\n{body}--{boundary}--\n'


def test_of_two_forms_the_plain_one_is_read_unless_it_is_a_stub() -> None:
    assert text_of(message(parts("multipart/alternative", PLAIN, RICH))) == "The dues rise by a tenth, he said."
    whole = "The dues rise by a tenth, he\xa0said.\n\nPilots pay.\nFishers do not."
    stub = "Content-Type: text/plain\n\nPlease see the page.\n"
    related = parts("multipart/related", RICH, "Content-Type: image/png\nContent-ID: <a>\n\nx\n")
    reading = message(parts("multipart/alternative", stub, related))
    assert text_of(reading) == whole
    assert reading.problems == ()
    assert text_of(message(RICH)) == whole


def test_attachments_are_told_and_attached_messages_read() -> None:
    table = (
        "Content-Type: application/vnd.ms-excel\nContent-Disposition: attachment; filename*=utf-8''t%C3%A4x.xls\n\nx\n"
    )
    notes = "Content-Type: text/plain\nContent-Disposition: attachment; filename=notes.txt\n\nNotes.\n"
    signature = "Content-Type: application/pgp-signature; name=s.asc\n\nx\n"
    inner = "Content-Type: message/rfc822\n\nFrom: Ines <i@port.example>\nSubject: The lamp\n\nIt is out.\n"
    mixed = parts("multipart/mixed", PLAIN, inner, table, notes, "Content-Type: text/plain\n\nA last word.\n")
    reading = message(parts("multipart/signed", mixed, signature))
    assert text_of(reading) == (
        "The dues rise by a tenth, he said.\n\nA last word.\n\nThe lamp\n\nFrom: Ines <i@port.example>\n\nIt is out."
    )
    assert reading.problems == ("attachments not read: täx.xls, notes.txt; save them into the sources",)
    assert where(reading.sources[0], "It is out.") == "section “The lamp”, paragraph 1"
    sections = [place for place in reading.sources[0].locators if place.kind is LocatorKind.SECTION]
    assert [(place.label, place.level) for place in sections] == [("Dues for 1988", 1), ("The lamp", 2)]


def test_a_message_that_is_cut_off_is_read_as_far_as_it_goes_and_told() -> None:
    body = parts("multipart/mixed", PLAIN, PLAIN.replace("tenth", "fifth"))
    reading = message(body[: body.index("fifth")])
    assert text_of(reading) == "The dues rise by a tenth, he said.\n\nThe dues rise by a"
    assert reading.problems == ("damaged or cut off: some of it may be missing",)


def test_messages_within_messages_end_somewhere() -> None:
    body = "".join(f"Content-Type: message/rfc822\n\nSubject: {number}\n" for number in range(200))
    reading = message(body + "\nWords.\n")
    assert reading.problems == ("attachments not read: 9; save them into the sources",)


def test_what_has_no_header_is_no_mail() -> None:
    with pytest.raises(UnreadableFile, match=r"^no mail: it has no header; give it the suffix of its kind$"):
        read(b"Dear Tom, nothing here is a message.\n", "a.eml")


# Saved web pages

ARTICLE = "".join(f"<p>{sentence}</p>" for sentence in [
    "The harbour of Skarn Point was closed for ninety days while the dredger cleared the northern channel of silt.",
    "The commission said that no ship was turned away on the first day, and that the dues stay as they are.",
    "L’été, the pilots reported two metres of water more at low tide, and the keeper’s log agrees with that.",
])  # fmt: skip


def saved(*inner: str, header: str = "") -> Reading:
    data = "From: <Saved by Blink>\nSubject: The harbour\nDate: Fri, 6 Nov 2020 23:30:00 -0000\nMIME-Version: 1.0\n"
    data += header + parts("multipart/related", *inner)
    return read(data.replace("\n", "\r\n").encode("cp1252"), "a.mhtml")


def test_a_page_saved_by_chrome_is_its_main_text() -> None:
    head = "<html lang=3D'en'><head><title>The harbour reopens</title></head>"
    html = f"{head}<body><nav>Home</nav>=\n{ARTICLE}</body></html>"
    root = (
        "Content-Type: text/html\nContent-ID: <frame-0@mhtml.blink>\nContent-Transfer-Encoding: quoted-printable\n"
        f"Content-Location: https://port.example/a\n\n{html.replace('’', '=E2=80=99').replace('é', '=C3=A9')}"
    )
    style = "Content-Type: text/css\nContent-Location: cid:css-1@mhtml.blink\n\np { color: red }"
    frame = "Content-Type: text/html\nContent-Location: https://ads.example/\n\n<p>Buy a boat now.</p>"
    reading = saved(root, style, frame, header="Snapshot-Content-Location: https://port.example/a?x=1\n")
    (source,) = reading.sources
    assert source.text == ARTICLE.replace("</p><p>", "\n\n").replace("<p>", "").replace("</p>", "")
    assert source.metadata == Metadata(
        title="The harbour reopens", url="https://port.example/a?x=1", language="en", accessed="2020-11-06"
    )
    assert reading.problems == ("pages shown inside it were not read: 1",)


def test_a_page_saved_by_word_is_read_in_the_encoding_of_its_part() -> None:
    head = "<html xmlns:o='urn:schemas-microsoft-com:office:office'><head><title>Dues</title></head>"
    html = f"{head}<body>{ARTICLE}</body></html>"
    root = (
        'Content-Type: text/html; charset="windows-1252"\nContent-Location: file:///C:/dues.htm\n'
        f"Content-Transfer-Encoding: 8bit\n\n{html}"
    )
    reading = saved("Content-Type: text/xml\nContent-Location: file:///C:/filelist.xml\n\n<xml/>", root)
    (source,) = reading.sources
    assert "L’été, the pilots reported two metres" in source.text
    assert where(source, "keeper’s log") == "paragraph 3"
    assert source.metadata == Metadata(title="Dues")
    assert reading.problems == ()


def test_a_saved_page_without_a_page_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"^no web page in it; save the page again$"):
        saved("Content-Type: image/png\n\nx")


def test_tables_lists_captions_and_numbered_notes_within_the_main_text_are_kept() -> None:
    table = "<table><tr><th>Year</th><th>Dues</th></tr><tr><td>1988</td><td>24</td></tr></table>"
    figure = "<figure><img src='a.png'><figcaption>The pier.</figcaption></figure>"
    depth = ARTICLE.replace("two metres of water", "10<sup>2</sup> m<sup>3</sup>").replace(
        "silt.", "silt.<sup>[4]</sup>"
    )
    notes = "<p>[4] <a href='x'>log.example/4</a></p>"
    fees = "<ul><li>Ketch: 4</li><li>Brig: 9</li></ul>"
    html = f"<body><nav>Home</nav>{ARTICLE}{table}{fees}{figure}{depth}{notes}{ARTICLE}<footer>Imprint</footer></body>"
    text = saved(f"Content-Type: text/html; charset=windows-1252\n\n{html}").sources[0].text
    for kept in (
        "Year | Dues\n1988 | 24",
        "Ketch: 4\nBrig: 9",
        "The pier.",
        "10² m³ more",
        "silt.[4]",
        "[4] log.example/4",
    ):
        assert kept in text
    assert "Home" not in text and "Imprint" not in text
