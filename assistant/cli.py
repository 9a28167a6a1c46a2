"""The command `assistant`: ask, find and check at the terminal, rebuild the index, serve the chat.

Exit status: 0 success, 1 not found or a failed check, 2 misuse, 3 could not, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assistant.child import start
from assistant.errors import AssistantError, IndexDamaged, IndexMissing, IndexOutdated, UsageError
from assistant.evaluation.command import EVALUATE_HELP, add_evaluate_arguments, run_evaluation
from assistant.exporting import CITE_HELP, add_cite_arguments, add_style_argument, cite, write_out
from assistant.library import Library
from assistant.records import Answer, AnswerKind, Turn
from assistant.reports import BuildReport, CheckReport, Skipped
from assistant.saving import load_answers, save_answers
from assistant.settings import DEFAULT_INDEX, DEFAULT_PORT, DEFAULT_SOURCES

_EXAMPLES = """examples:
  assistant                                        build the index if need be, and start the chat
  assistant ask "When did the talks break down?"
  assistant ask "Who signed it?" "And when?"       the second question is a follow-up
  assistant ask "What was agreed?" --only "joint-*" --after 2005
  assistant retrieve "inspections" -k 10 --json
  assistant find "action for action"
  assistant cite kedo.md --style apa
  assistant cite --answers answers.json -o answers.docx
  assistant add report.pdf notes/ https://example.org/statement.html
  assistant rebuild
  assistant check
  assistant ask "Who signed it?" --save answers.json
  assistant check answers.json                     are its quotations still in the sources?
  assistant evaluate my-collection --json
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not under a test's capture
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = _parse(list(sys.argv[1:] if arguments is None else arguments))
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except AssistantError as error:
        print(f"assistant: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_status
    except KeyboardInterrupt:
        print("assistant: stopped; an index that was in use still is, and a rebuild goes on from here", file=sys.stderr)  # noqa: T201
        return 130
    except BrokenPipeError:
        # The reader of our output (head, less) has enough; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"assistant: {error.strerror or error}: {error.filename or 'the output'}", file=sys.stderr)  # noqa: T201
        return 3
    return status


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="assistant",
        description="Answers from a folder of your own documents, in their exact words, with citations.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('assistant')}")
    folders = argparse.ArgumentParser(add_help=False)
    folders.add_argument(
        "--sources", default=DEFAULT_SOURCES, metavar="DIR", help="the documents (default: %(default)s)"
    )
    folders.add_argument(
        "--index", default=DEFAULT_INDEX, metavar="DIR", help="the index built from them (default: %(default)s)"
    )
    folders.add_argument(
        "--model", metavar="NAME", help="a sentence-transformers model, by name or folder (default: the index's own)"
    )
    as_json = argparse.ArgumentParser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="print JSON")
    narrow = argparse.ArgumentParser(add_help=False)
    narrow.add_argument(
        "-k", type=int, default=5, metavar="N", help="at most this many excerpts (default: %(default)s)"
    )
    narrow.add_argument(
        "--only", action="append", metavar="PATTERN", help="only sources whose name fits; may be repeated"
    )
    narrow.add_argument("--tag", action="append", metavar="TAG", help="only sources with the tag; may be repeated")
    narrow.add_argument(
        "--after", metavar="DATE", help="only sources about this time or later: 2005, 2005-09, 2005-09-19"
    )
    narrow.add_argument("--before", metavar="DATE", help="only sources about this time or earlier")
    second = argparse.ArgumentParser(add_help=False)
    second.add_argument(
        "--reranker",
        metavar="NAME",
        help="a cross-encoder (sentence-transformers) by name or folder, which reorders the best passages",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(
        name: str, run: Callable[[argparse.Namespace], int], help_text: str, *parents: argparse.ArgumentParser
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help_text, description=help_text, parents=[folders, *parents])
        made.set_defaults(run=run)
        return made

    chat = command("chat", _chat, "start the chat in the browser (the default)", second)
    chat.add_argument("--port", type=int, default=DEFAULT_PORT, metavar="N", help="(default: %(default)s)")
    add_style_argument(chat)
    add = command("add", _add, "copy documents into the sources folder and rebuild", as_json)
    add.add_argument("item", nargs="+", metavar="FILE|FOLDER|URL", help="what is added; nothing is ever replaced")
    rebuild = command("rebuild", _rebuild, "bring the index up to date with the sources", as_json)
    rebuild.add_argument("--full", action="store_true", help="take nothing over from the old index")
    ask = command("ask", _ask, "answer a question; further questions are follow-ups", as_json, narrow, second)
    ask.add_argument("question", nargs="+")
    ask.add_argument("--save", metavar="FILE", help="add the answers to a file, which assistant check FILE verifies")
    retrieve = command("retrieve", _retrieve, "list the excerpts that bear on a question", as_json, narrow, second)
    retrieve.add_argument("question")
    find = command("find", _find, "list every occurrence of a phrase, counted by source", as_json)
    find.add_argument("phrase")
    add_cite_arguments(command("cite", _cite, CITE_HELP))
    sources = command("sources", _sources, "list the indexed sources, and what their citations lack", as_json)
    sources.add_argument("--missing", action="store_true", help="only those whose citation lacks something")
    check = command("check", _check, "verify every passage, or saved answers, against the sources", as_json)
    check.add_argument("file", nargs="*", metavar="FILE", help="saved answers, whose quotations are found again")
    evaluate = commands.add_parser("evaluate", help=EVALUATE_HELP, description=EVALUATE_HELP, parents=[as_json, second])
    evaluate.set_defaults(run=_evaluate)
    add_evaluate_arguments(evaluate)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version")):
        arguments = ["chat", *arguments]
    return parser.parse_args(arguments)


def _library(options: argparse.Namespace) -> Library:
    reranker = getattr(options, "reranker", None)  # which only some commands have
    return Library(Path(options.sources), Path(options.index), options.model or None, reranker or None)


def _ready(options: argparse.Namespace) -> Library:
    """The library for a question: built if there is no index; a line on the error stream says when it is outdated."""
    library = _library(options)
    try:
        library.generation()
    except IndexMissing:
        _build(library, full=False)
    changed = library.outdated()
    if changed:
        print(  # noqa: T201
            f"assistant: {'a file has' if len(changed) == 1 else f'{len(changed)} files have'} changed since the index "
            f"was built, and what is new in it is not used (first: {changed[0]}): run assistant rebuild",
            file=sys.stderr,
        )
    return library


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)  # noqa: T201


def _print_progress(stage: str, done: int, total: int) -> None:
    _print_json({"event": "progress", "stage": stage, "done": done, "total": total})


def _build(library: Library, full: bool) -> BuildReport:
    from assistant.printing import progress_bars

    with progress_bars() as progress:
        return library.rebuild(full, progress)


def _chat(options: argparse.Namespace) -> int:
    if not 0 < options.port < 65536:
        raise UsageError(f"{options.port} is not a port: choose one from 1 to 65535 with --port")
    from assistant.chat import check_address, serve

    check_address(port=options.port)
    library = _library(options)
    try:
        library.generation()
        usable, stale = True, bool(library.outdated())
    except (IndexMissing, IndexDamaged, IndexOutdated):
        usable, stale = False, True
    if stale:
        status = _wait(start(library.rebuild_command()))
        if status and not usable:
            return status
    announce = lambda url: print(f"The chat is at {url} (Ctrl-C stops it)", flush=True)  # noqa: T201, E731
    serve(library, port=options.port, announce=announce, style=options.style)
    return 0


def _wait(child: subprocess.Popen[str]) -> int:
    """The exit status of a child; Ctrl-C reaches the child too, which is left to end in its own way."""
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.wait()
        raise


def _rebuild(options: argparse.Namespace) -> int:
    library = _library(options)
    if options.json:
        report = library.rebuild(options.full, _print_progress)
        _print_json({"event": "report", **report.to_dict()})
        return 0
    from assistant.printing import print_report

    print_report(_build(library, options.full))
    return 0


def _add(options: argparse.Namespace) -> int:
    library = _library(options)
    if options.json:
        report = library.add(*options.item, progress=_print_progress)
        _print_json({"event": "report", **report.to_dict()})
    else:
        from assistant.printing import print_added, progress_bars

        with progress_bars() as progress:
            report = library.add(*options.item, progress=progress)
        print_added(report)
    return 0 if report.added or report.present else 2


def _narrowed(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "k": options.k,
        "sources": options.only,
        "tags": options.tag,
        "after": options.after,
        "before": options.before,
    }


def _ask(options: argparse.Namespace) -> int:
    library = _ready(options)
    turns: list[Turn] = []
    found = False
    for question in options.question:
        answer = library.ask(question, turns, **_narrowed(options))
        if options.save:
            save_answers([answer], options.save)
        turns.append(answer.turn())
        found = answer.found or answer.kind in (AnswerKind.GREETING, AnswerKind.OVERVIEW)
        if options.json:
            _print_json(answer.to_dict())
        else:
            from assistant.printing import print_answer

            print_answer(answer)
    return 0 if found else 1


def _retrieve(options: argparse.Namespace) -> int:
    excerpts = _ready(options).retrieve(options.question, **_narrowed(options))
    if options.json:
        _print_json([asdict(excerpt) for excerpt in excerpts])
    else:
        from assistant.printing import print_excerpts

        print_excerpts(excerpts)
    return 0 if excerpts else 1


def _find(options: argparse.Namespace) -> int:
    occurrences = _ready(options).find(options.phrase)
    if options.json:
        _print_json([asdict(occurrence) for occurrence in occurrences])
    else:
        from assistant.printing import print_occurrences

        print_occurrences(options.phrase, occurrences)
    return 0 if occurrences else 1


def _cite(options: argparse.Namespace) -> int:
    library = _library(options) if options.answers else _ready(options)
    write_out(cite(options, library), options.out)
    return 0


def _sources(options: argparse.Namespace) -> int:
    summaries = _ready(options).list_sources()
    if options.missing:
        summaries = [summary for summary in summaries if summary.missing]
    if options.json:
        _print_json([summary.to_dict() for summary in summaries])
    else:
        from assistant.printing import print_sources

        print_sources(summaries)
    return 0


def _check(options: argparse.Namespace) -> int:
    from assistant.printing import print_check, progress_bars

    library = _library(options)
    if options.file:
        return _check_answers(library, options)
    try:
        with nullcontext() if options.json else progress_bars() as progress:
            report = library.check(progress)
    except IndexDamaged as error:  # which is what was to be found out
        report = CheckReport(0, 0, (Skipped(str(library.index), str(error)),))
    if options.json:
        _print_json(report.to_dict())
    else:
        print_check(report)
    return 0 if report.ok else 1


def _check_answers(library: Library, options: argparse.Namespace) -> int:
    """Checks the answers in all files that hold some; one that does not is named, and makes the status 2."""
    from assistant.printing import print_checked_answers, progress_bars

    answers: list[Answer] = []
    status = 0
    for file in options.file:
        try:
            answers += load_answers(file)
        except UsageError as error:
            print(f"assistant: {error}", file=sys.stderr)  # noqa: T201
            status = error.exit_status
    if status and not answers:
        return status
    with nullcontext() if options.json else progress_bars() as progress:
        report = library.check_answers(answers, progress)
    if options.json:
        _print_json(report.to_dict())
    else:
        print_checked_answers(report)
    return status or (0 if report.ok else 1)


def _evaluate(options: argparse.Namespace) -> int:
    from assistant.printing import progress_bars

    return run_evaluation(options, progress_bars)
