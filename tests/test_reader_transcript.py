"""Subtitles and transcripts: what was said, in paragraphs, with its times."""

import pytest

from assistant.bibliography import locate
from assistant.errors import UnreadableFile
from assistant.readers import Reading, read
from assistant.records import LocatorKind, Metadata, Source


def transcript(text: str, name: str = "a.vtt", encoding: str = "utf-8") -> Reading:
    return read(text.encode(encoding), name)


def where(source: Source, words: str) -> str:
    start = source.text.index(words)
    return locate(source, start, start + len(words))


MEETING = """WEBVTT - Port council
Kind: captions
Language: en-GB

STYLE
::cue { color: red }

NOTE
Not for print.

1
00:00:01.000 --> 00:00:04.000 align:start position:0%
<v Ines Aldous>The <i>lamp</i> was lit
in 1871 &amp; again.</v>

intro-2
00:04.000 --> 00:06.500
<v Ines Aldous>It is <c.yellow>still</c> there.

01:00:08.000 --> 01:00:09.000
<v.loud Tom Reyl>Really?</v> <v Ines Aldous>Yes.</v>

NOTE and a note here

01:00:10.000 --> 01:00:11.000
PILOT: No <00:00:10.500>doubt.

01:00:20.000 --> 01:00:21.000
After a pause.
"""


def test_a_transcript_has_speakers_times_and_no_markup() -> None:
    reading = transcript(MEETING)
    (source,) = reading.sources
    assert reading.problems == ()
    assert source.metadata == Metadata(language="en-GB")
    assert source.text == (
        "Ines Aldous: The lamp was lit in 1871 & again. It is still there.\n\nTom Reyl: Really?\n\n"
        "Ines Aldous: Yes.\n\nPILOT: No doubt.\n\nAfter a pause."
    )
    assert where(source, "lit in 1871") == "00:00:01"
    assert where(source, "again. It is") == "00:00:01–00:00:04"
    assert where(source, "Really?") == "01:00:08"
    assert where(source, "After a pause.") == "01:00:20"


def test_what_is_no_cue_is_told_and_the_others_are_read() -> None:
    broken = "00:00:07.000 --> 00:00:61.000\nLost.\n\nStray words.\n\n"
    reading = transcript(MEETING.replace("intro-2\n", broken))
    assert reading.sources[0].text == transcript(MEETING).sources[0].text
    assert reading.problems == ("broken cues and text outside of cues left out: 1, in lines 16",)
    reading = transcript("WEBVTT\n\n00:01.000 --> 00:02.000\nOne.\n\nStray.\n\n2\n00:03.000 --> 00:04.000\nTwo.\n")
    assert reading.sources[0].text == "One. Two."
    assert reading.problems == ("broken cues and text outside of cues left out: 1, in lines 6",)


SUBRIP = """1
00:00:01,000 --> 00:00:02,500
{\\an8}<font color="red">No.</font>

2
00:00:02,500 --> 00:00:04,000
No.

After a blank line.
3
00:00:04,000 --> 00:00:05,000 X1:1 X2:2
1988
was <b>x < y</b>

4
00:99:05,000 --> 00:00:06,000
Lost.


5
00:00:07,000 --> 00:00:08,000
L’été à Genève.
"""


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", "\ufeff"), ("cp1252", ""), ("utf-16", "")])
def test_subrip_files_are_read_as_players_do(encoding: str, mark: str) -> None:
    reading = transcript(mark + SUBRIP.replace("\n", "\r\n"), "a.srt", encoding)
    (source,) = reading.sources
    assert source.text == "No. No. After a blank line. 1988 was x < y L’été à Genève."
    assert where(source, "1988") == "00:00:04"
    assert [problem for problem in reading.problems if "cp1252" not in problem] == [
        "broken cues and text outside of cues left out: 1, in lines 16"
    ]


def test_captions_that_roll_are_read_once() -> None:
    lines = ["so the harbour was", "closed for ninety days", "and the pilots", "waited outside"]
    cues = ["WEBVTT\nKind: captions\nLanguage: en\n"]
    for number, line in enumerate(lines):
        before = lines[number - 1] if number else " "
        spoken = line.replace(" ", "<00:00:00.500><c> ", 1) + "</c>"
        cues.append(f"00:00:0{2 * number}.000 --> 00:00:0{2 * number + 1}.990 align:start\n{before}\n{spoken}\n")
        cues.append(f"00:00:0{2 * number + 1}.990 --> 00:00:0{2 * number + 2}.000 align:start\n{line}\n \n")
    (source,) = transcript("\n".join(cues)).sources
    assert source.text == "so the harbour was closed for ninety days and the pilots waited outside"
    assert where(source, "and the pilots") == "00:00:04"
    times = [place.label for place in source.locators if place.kind is LocatorKind.TIME]
    assert times == ["00:00:00", "00:00:02", "00:00:04", "00:00:06"]


def test_paragraphs_end_at_a_pause_and_after_many_words_at_the_end_of_a_sentence() -> None:
    def cue(start: int, text: str) -> str:
        return f"{start}\n00:00:{start:02},000 --> 00:00:{start + 1:02},000\n{text}\n"

    cues = [cue(number, f"ten words that end nothing at {number}, they just go") for number in range(12)]
    cues += [cue(12, "on until here."), cue(13, "A new one."), cue(17, "And one after a pause.")]
    first, *others = transcript("\n".join(cues), "a.srt").sources[0].text.split("\n\n")
    assert first.endswith("they just go on until here.")
    assert others == ["A new one.", "And one after a pause."]


def test_words_of_a_script_without_spaces_are_joined_without_one() -> None:
    cues = "1\n00:00:01,000 --> 00:00:02,000\n灯台は\n\n2\n00:00:02,000 --> 00:00:03,000\n点灯した。\n"
    assert transcript(cues, "a.srt").sources[0].text == "灯台は点灯した。"


@pytest.mark.parametrize("text", ["WEBVTT\n\nNOTE nothing\n", "Dear Tom,\n\nno times here.\n", "WEBVTT"])
def test_a_file_without_cues_is_refused(text: str) -> None:
    with pytest.raises(UnreadableFile, match=r"^no words with their times in it; give it the suffix of its kind$"):
        transcript(text)
