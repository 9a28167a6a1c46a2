"""What the command line prints: coloured at a terminal, plain and unwrapped in a pipe."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from assistant.bibliography import also_words, cite, count
from assistant.records import Answer, Citation, Excerpt
from assistant.records import Progress as Told
from assistant.reports import (
    AddReport,
    AnswersReport,
    BuildReport,
    CheckedQuotation,
    CheckReport,
    Occurrence,
    QuotationState,
    SourceSummary,
)


def _console() -> Console:
    return Console(highlight=False, markup=False, emoji=False)


def _say(console: Console, text: Text | str = "") -> None:
    """Prints a line; in a pipe it is never wrapped."""
    console.print(text, soft_wrap=not console.is_terminal)


@contextmanager
def progress_bars() -> Iterator[Told]:
    """A function that shows how far a stage is, on the error stream; at a pipe, one line a stage."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        seen: set[str] = set()

        def line(stage: str, done: int, total: int, doing: str = "", /) -> None:
            if stage not in seen:
                seen.add(stage)
                print(f"{stage} ({total})" if total > 1 else stage, file=sys.stderr, flush=True)  # noqa: T201

        yield line
        return
    with Progress(*_columns(), console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def bar(stage: str, done: int, total: int, doing: str = "", /) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total, doing="")
            bars.update(tasks[stage], completed=done, total=total, doing=escape(doing))

        yield bar


def _columns() -> tuple[ProgressColumn, ...]:
    """What a bar shows: how much is done, how fast, how much time is left, and what is worked on."""
    return (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Speed(),
        TimeRemainingColumn(elapsed_when_finished=True), TextColumn("{task.fields[doing]}"),
    )  # fmt: skip


class _Speed(ProgressColumn):
    """How much is done in a second."""

    def render(self, task: Task) -> Text:
        """The speed of late; nothing before it is known."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed and task.total and task.total > 1 else "", "dim")


def print_answer(answer: Answer) -> None:
    """The answer: the question, what is said, then each excerpt with its citation."""
    console = _console()
    _say(console, Text(answer.question, "bold"))
    if answer.query.carried:
        _say(console, Text(f"Searched for: {answer.query.full_text}", "dim"))
    if answer.message:
        _say(console, answer.message)
    for note in answer.notes:
        _say(console, Text(f"Note: {note}", "yellow"))
    if answer.unsaid_words:
        _say(console, Text(f"In none of your sources: {', '.join(answer.unsaid_words)}", "dim"))
    for statement in answer.statements:
        numbers = "".join(f"[{number}]" for number in statement.numbers)
        place = f" ({statement.citation.locator})" if statement.citation.locator else ""
        _say(console, Text.assemble("  “", statement.text, "” ", (numbers, "cyan"), (place, "dim")))
    if answer.excerpts:
        _say(console)
        _say(console, Text("Sources" if answer.found else "Closest passages", "bold"))
        _excerpts(console, answer.excerpts)
    _say(console)


def print_excerpts(excerpts: Sequence[Excerpt]) -> None:
    """Excerpts with their citations."""
    console = _console()
    if not excerpts:
        _say(console, "No passage bears on this.")
    _excerpts(console, excerpts)


def _excerpts(console: Console, excerpts: Sequence[Excerpt]) -> None:
    for number, excerpt in enumerate(excerpts, 1):
        _say(
            console,
            Text.assemble(
                (f"[{number}] ", "cyan"),
                cite(excerpt.citation),
                (f"  {excerpt.citation.source_id}  score {excerpt.score:.2f}", "dim"),
            ),
        )
        text = Text(excerpt.text)
        for start, end in excerpt.highlights:
            text.stylize("bold", start, end)
        _say(console, text)
        for citation in excerpt.duplicates:
            _say(console, Text(f"{also_words(excerpt, citation)}: {citation.source_id}, {cite(citation)}", "dim"))
        _say(console)


def print_occurrences(phrase: str, occurrences: Sequence[Occurrence]) -> None:
    """Each occurrence with the words around it, and a count by source."""
    console = _console()
    counts = Counter(occurrence.citation.source_id for occurrence in occurrences)
    for occurrence in occurrences:
        place = f"{occurrence.citation.source_id}, {occurrence.citation.locator}: "
        _say(
            console,
            Text.assemble((place, "dim"), occurrence.before, (occurrence.citation.quote, "bold"), occurrence.after),
        )
    for source_id, times in counts.most_common():
        _say(console, f"{times:6}  {source_id}")
    _say(console, f"{len(occurrences):6}  “{phrase}” in all, in {count(len(counts), 'source')}")


def print_sources(summaries: Sequence[SourceSummary]) -> None:
    """One line for each source, and below it what a full citation of it lacks; at the end how many lack something."""
    console = _console()
    for summary in summaries:
        known = summary.metadata
        about = [known.publisher, known.issued, f"covers {known.covers}" if known.covers else None]
        size = f"{count(summary.words, 'word')}, {count(summary.passages, 'passage')}"
        tail = "  " + "; ".join([*filter(None, about), size])
        _say(console, Text.assemble((summary.id, "bold"), f"  {summary.title}", (tail, "dim")))
        if summary.missing:
            _say(console, Text(f"  missing: {', '.join(summary.missing)}", "dim"))
    _say(console, count(len(summaries), "source"))
    incomplete = sum(1 for summary in summaries if summary.missing)
    if incomplete:
        verb = "lacks" if incomplete == 1 else "lack"
        _say(
            console,
            f"{count(incomplete, 'source')} {verb} something for a full citation: write it into NAME.yaml beside the "
            "file, or export library.bib from Zotero into the folder (see README), and run assistant rebuild",
        )


def print_added(report: AddReport) -> None:
    """What was added, what was there already and what was not added; then what the rebuild did."""
    console = _console()
    for source_id in report.present:
        _say(console, f"there already: {source_id}")
    for item in report.refused:
        _say(console, Text(f"not added: {item.file}: {item.reason}", "yellow"))
    if report.rebuilt:
        print_report(report.rebuilt)
    else:
        _say(console, "nothing new: the index was left as it is")


def print_report(report: BuildReport) -> None:
    """What a rebuild did."""
    console = _console()
    for name, ids in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
        for source_id in ids[:20]:
            _say(console, f"{name}: {source_id}")
        if len(ids) > 20:
            _say(console, f"and {len(ids) - 20} more {name}")
    for item in report.skipped:
        _say(console, Text(f"left out: {item.file}: {item.reason}", "yellow"))
    for item in report.problems:
        _say(console, Text(f"note: {item.file}: {item.reason}", "yellow"))
    for note in report.notes:
        _say(console, Text(f"note: {note}", "yellow"))
    _say(
        console,
        f"{count(report.files, 'file')} read ({report.partly} of them with a note), {len(report.skipped)} left out",
    )
    _say(
        console,
        f"{count(report.sources, 'source')} ({len(report.added)} added, {len(report.changed)} changed, "
        f"{len(report.removed)} removed, {report.unchanged} unchanged), {count(report.passages, 'passage')}, "
        f"{report.embedded} of them embedded, {report.seconds:.1f} s",
    )


def print_check(report: CheckReport) -> None:
    """What a check found."""
    console = _console()
    for problem in report.problems:
        _say(console, Text(f"{problem.file}: {problem.reason}", "red"))
    verdict = "all verified" if report.ok else count(len(report.problems), "problem")
    _say(
        console,
        f"{count(report.sources, 'source')}, {count(report.passages, 'passage')}, word for word where the index says: "
        f"{verdict}",
    )


_COLOURS = {QuotationState.UNCHANGED: "green", QuotationState.MOVED: "cyan", QuotationState.UNREADABLE: "yellow"}
_SHOWN_WORDS = 12
"""Of a quotation, and of what has not changed beside what has."""


def print_checked_answers(report: AnswersReport) -> None:
    """What has become of each quotation, under the question that it answered; then how many there are of each."""
    console = _console()
    question = None
    for each in report.quotations:
        if each.question != question:
            question = each.question
            _say(console, Text(question, "bold"))
        _checked_quotation(console, each)
    counts = ", ".join(f"{number} {state}" for state, number in report.counts.items() if number)
    _say(
        console, f"{count(report.answers, 'answer')}, {count(len(report.quotations), 'quotation')}: {counts or 'none'}"
    )


def _checked_quotation(console: Console, each: CheckedQuotation) -> None:
    was, now = each.citation, each.now
    place = ", ".join(filter(None, (was.source_id, was.locator)))
    state = (f"{each.state.upper():<10}", _COLOURS.get(each.state, "red"))
    _say(console, Text.assemble("  ", state, f" {place}: “{_shortened(was.quote)}”"))
    notes = [each.note] if each.note else []
    if each.state is QuotationState.UNREADABLE:
        notes = [f"cannot be read now: {each.note}"]
    if now and each.state is QuotationState.MOVED:
        before = f" (was {was.start}–{was.end})" if (now.start, now.end) != (was.start, was.end) else ""
        notes.append(f"now {_at(now, was)}{before}")
    elif now and each.state is QuotationState.CHANGED:
        notes.append(f"now {_at(now, was)}")
    elif now and not each.is_sound:
        notes.append(f"the same words stand in {_at(now, was)}")
    if notes:
        _say(console, Text(f"             {'; '.join(notes)}", "dim"))
    if each.difference:
        _say(console, Text.assemble("             ", _difference(each.difference, console.is_terminal)))


def _at(now: Citation, was: Citation) -> str:
    """Where words stand now; the source is named where it is another one."""
    source = now.source_id if now.source_id != was.source_id else ""
    return ", ".join(filter(None, (source, now.locator, f"characters {now.start}–{now.end}")))


def _shortened(text: str) -> str:
    """The first words of a text, on one line."""
    words = text.split()
    return " ".join(words[:_SHOWN_WORDS]) + (" …" if len(words) > _SHOWN_WORDS else "")


def _difference(pieces: Sequence[tuple[str, str]], coloured: bool) -> Text:
    """What was taken out and what was put in, with a few of the words around it."""
    shown: list[Text] = []
    for number, (was, now) in enumerate(pieces):
        old, new = was.split(), now.split()
        if old != new:
            marks = ("{}", "{}") if coloured else ("[-{}-]", "{{+{}+}}")
            taken, put = (
                mark.format(" ".join(words)) if words else "" for mark, words in zip(marks, (old, new), strict=True)
            )
            shown.append(
                Text.assemble((taken, "red strike"), " " if coloured and taken and put else "", (put, "green"))
            )
        elif len(old) > _SHOWN_WORDS:
            half = _SHOWN_WORDS // 2
            before, after = old[:half] if number else [], old[-half:] if number < len(pieces) - 1 else []
            shown.append(Text(" ".join([*before, "…", *after])))
        else:
            shown.append(Text(" ".join(old)))
    return Text(" ").join(shown)
