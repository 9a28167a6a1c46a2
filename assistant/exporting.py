"""The command `cite`: sources, quotations and saved answers with their citations, in a style and a format."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assistant.citing.formats import Format
from assistant.citing.styles import STYLES, Form, Style, find_style, render
from assistant.errors import NotFound, UsageError
from assistant.library import Library
from assistant.records import Metadata
from assistant.settings import DEFAULT_STYLE

CITE_HELP = "cite sources, a quotation or saved answers, in any citation style"
_TITLES = {Format.MARKDOWN: "# {}", Format.HTML: "<h1>{}</h1>"}
_FORMS = {Format.TEXT: Form.TEXT, Format.MARKDOWN: Form.MARKDOWN, Format.HTML: Form.HTML}


def add_cite_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `cite` takes."""
    parser.add_argument("source", nargs="*", metavar="PATTERN", help="the sources whose name fits (default: all)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--quote", metavar="TEXT", help="cite the places where these words stand")
    what.add_argument("--answers", metavar="FILE", help="cite what a file of saved answers quotes (ask --save)")
    add_style_argument(parser)
    parser.add_argument(
        "--format",
        choices=[form.value for form in Format],
        help="(default: by the suffix of --out, else text)",
    )
    parser.add_argument("--excerpts", action="store_true", help="with --answers: cite the excerpts of each answer too")
    parser.add_argument("-o", "--out", metavar="FILE", help="write to a new file (default: print)")


def add_style_argument(parser: argparse.ArgumentParser) -> None:
    """Adds the choice of a citation style."""
    parser.add_argument(
        "--style",
        default=DEFAULT_STYLE,
        metavar="NAME|FILE.csl",
        help=f"{', '.join(STYLES)}, any style of the CSL project by name, or a file (default: %(default)s)",
    )


def cite(options: argparse.Namespace, library: Library) -> bytes:
    """What `cite` prints or writes.

    Raises:
        UsageError: no such style, format, source or file of answers.
        NotFound: the quotation stands nowhere.
        CitingFailed: the style cannot be applied.
    """
    from assistant.citing.documents import write_answers, write_sources  # not needed to start the program
    from assistant.saving import load_answers

    style = find_style(options.style)
    form = _format(options)
    if options.answers:
        if options.source:
            raise UsageError("name sources or --answers, not both")
        return write_answers(load_answers(options.answers), style, form, options.excerpts)
    known = _chosen(library, options.source)
    if options.quote:
        return _quotation(library, options.quote, known, style, form)
    made = write_sources(known, style, form)
    if known and not made.strip():
        print(f"assistant: {options.style} lists no such source in a bibliography", file=sys.stderr)  # noqa: T201
    return made


def write_out(data: bytes, out: str | None) -> None:
    """Writes to a new file, or prints.

    Raises:
        UsageError: there is a file of that name already, or it cannot be written.
    """
    if out is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    try:
        with Path(out).open("xb") as file:
            file.write(data)
        print(f"written: {out}")  # noqa: T201
    except FileExistsError as error:
        raise UsageError(f"{out} exists already, and is not replaced: choose another name") from error
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {(error.strerror or str(error)).lower()}") from error


def _format(options: argparse.Namespace) -> Format:
    suffix = Path(options.out).suffix.lower() if options.out else ""
    name = Path(options.out or "").name.lower()
    fitting = (each for each in sorted(Format, key=lambda each: -len(each.suffix)) if name.endswith(each.suffix))
    form = Format(options.format) if options.format else next(fitting, None)
    if form is None and suffix:
        raise UsageError(f"no format has the suffix {suffix}: choose one with --format")
    if form is Format.DOCX and options.out is None:
        raise UsageError("a Word file is not printed: name one with --out FILE.docx")
    return form or Format.TEXT


def _chosen(library: Library, patterns: list[str]) -> dict[str, Metadata]:
    """What is known of the sources that fit the patterns, by id."""
    from assistant.filters import make_filters, select  # imports numpy

    index = library.generation()
    mask, _ = select(make_filters(sources=patterns), index.ids, index.metadata)
    return {index.ids[number]: index.metadata[number] for number in mask.nonzero()[0]}


def _quotation(library: Library, quote: str, known: dict[str, Metadata], style: Style, form: Format) -> bytes:
    """The citations of the places where words stand, then the bibliography."""
    found = [each.citation for each in library.find(quote) if each.citation.source_id in known]
    if not found:
        raise NotFound(f"these words stand in none of the sources: “{quote}”")
    if form not in _FORMS:
        from assistant.citing.documents import write_sources

        return write_sources({each.source_id: each.metadata for each in found}, style, form)
    rendered = render(found, style, _FORMS[form])
    listed = [_TITLES.get(form, "\n{}").format(style.heading), *rendered.entries] if rendered.entries else []
    lines = [*dict.fromkeys(rendered.citations), *listed]  # words can stand twice in a paragraph
    return ("\n\n" if form is Format.MARKDOWN else "\n").join(lines).encode() + b"\n"
