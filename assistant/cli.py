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
from pathlib import Path
from typing import Any

from assistant.arguments import parse
from assistant.child import environment, start
from assistant.errors import AssistantError, IndexDamaged, IndexMissing, IndexOutdated, UsageError
from assistant.evaluation.command import run_evaluation
from assistant.exporting import cite, write_out
from assistant.library import Library
from assistant.records import Answer, AnswerKind, Turn
from assistant.reports import BuildReport, CheckReport, Skipped
from assistant.saving import load_answers, save_answers
from assistant.settings import TRASH


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not under a test's capture
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _COMMANDS[options.command](options)
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


def _print_progress(stage: str, done: int, total: int, doing: str = "", /) -> None:
    _print_json({"event": "progress", "stage": stage, "done": done, "total": total, "doing": doing})


def _build(library: Library, full: bool) -> BuildReport:
    from assistant.printing import progress_bars

    with progress_bars() as progress:
        return library.rebuild(full, progress)


def _chat(options: argparse.Namespace) -> int:
    if not 0 < options.port < 65536:
        raise UsageError(f"{options.port} is not a port: choose one from 1 to 65535 with --port")
    from assistant.chat import check_address, prepare, serve

    check_address(port=options.port)
    online = environment()  # the chat's own process asks no hub, but a first build may fetch its model
    prepare()
    library = _library(options)
    try:
        library.generation()
        usable, stale = True, bool(library.outdated())
    except (IndexMissing, IndexDamaged, IndexOutdated):
        usable, stale = False, True
    if stale:
        status = _wait(start(library.rebuild_command(), env=online))
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
    full = getattr(options, "full", False)  # which only `rebuild` has
    if options.json:
        report = library.rebuild(full, _print_progress)
        _print_json({"event": "report", **report.to_dict()})
        return 0
    from assistant.printing import print_report

    print_report(_build(library, full))
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


def _remove(options: argparse.Namespace) -> int:
    library = _library(options)
    if options.undo == bool(options.source):
        raise UsageError("name the sources that are to be removed, or say --undo alone: assistant sources lists them")
    if options.undo:
        removals = library.trash()
        if not removals:
            raise UsageError(f"nothing that was removed from {library.sources} can be put back")
        files = library.put_back(removals[0].id)
        event = {"event": "put back", "files": files}
        line = f"put back: {', '.join(files)}"
    else:
        removal = library.remove(*options.source)
        event = {"event": "removed", **removal.to_dict()}
        line = f"moved to {library.sources / TRASH / removal.id}: {', '.join(removal.files)}"
    # Said before the rebuild, which fails if nothing is left to read.
    if options.json:
        _print_json(event)
    else:
        print(line, flush=True)  # noqa: T201
    return _rebuild(options)


def _narrowed(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "k": options.k,
        "sources": options.only,
        "tags": options.tag,
        "publishers": options.publisher,
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
    if options.save:
        print(f"assistant: saved in {options.save}, to be cited and checked", file=sys.stderr)  # noqa: T201
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


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "chat": _chat,
    "add": _add,
    "remove": _remove,
    "rebuild": _rebuild,
    "ask": _ask,
    "retrieve": _retrieve,
    "find": _find,
    "cite": _cite,
    "sources": _sources,
    "check": _check,
    "evaluate": _evaluate,
}
