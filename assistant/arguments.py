"""The arguments of the command `assistant`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.metadata import version

from assistant.evaluation.command import EVALUATE_HELP, add_evaluate_arguments
from assistant.exporting import CITE_HELP, add_cite_arguments, add_style_argument
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
  assistant remove report.pdf
  assistant rebuild
  assistant check
  assistant ask "Who signed it?" --save answers.json
  assistant check answers.json                     are its quotations still in the sources?
  assistant evaluate my-collection --json
"""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a command line, with the name of its `command`; without one it is `chat`.

    Raises:
        SystemExit: it makes no sense, or asks for help; the reason or the help is printed.
    """
    parser = argparse.ArgumentParser(
        prog="assistant",
        description="Answers from a folder of your own documents, in their exact words, with citations.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('assistant')}")
    folders, as_json, narrow, second = _folders(), _as_json(), _narrow(), _second()
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="command")

    def command(name: str, words: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=words, description=words, parents=list(parents))

    chat = command("chat", "start the chat in the browser (the default)", folders, second)
    chat.add_argument("--port", type=int, default=DEFAULT_PORT, metavar="N", help="(default: %(default)s)")
    add_style_argument(chat)
    add = command("add", "copy documents into the sources folder and rebuild", folders, as_json)
    add.add_argument("item", nargs="+", metavar="FILE|FOLDER|URL", help="what is added; nothing is ever replaced")
    remove = command("remove", "move documents out of the sources folder and rebuild", folders, as_json)
    remove.add_argument("source", nargs="*", metavar="SOURCE", help="what is moved into the trash; nothing is deleted")
    remove.add_argument("--undo", action="store_true", help="put back what was removed last")
    rebuild = command("rebuild", "bring the index up to date with the sources", folders, as_json)
    rebuild.add_argument("--full", action="store_true", help="take nothing over from the old index")
    ask = command("ask", "answer a question; further questions are follow-ups", folders, as_json, narrow, second)
    ask.add_argument("question", nargs="+")
    ask.add_argument("--save", metavar="FILE", help="add the answers to a file, which assistant check FILE verifies")
    retrieve = command("retrieve", "list the excerpts that bear on a question", folders, as_json, narrow, second)
    retrieve.add_argument("question")
    find = command("find", "list every occurrence of a phrase, counted by source", folders, as_json)
    find.add_argument("phrase")
    add_cite_arguments(command("cite", CITE_HELP, folders))
    sources = command("sources", "list the indexed sources, and what their citations lack", folders, as_json)
    sources.add_argument("--missing", action="store_true", help="only those whose citation lacks something")
    check = command("check", "verify every passage, or saved answers, against the sources", folders, as_json)
    check.add_argument("file", nargs="*", metavar="FILE", help="saved answers, whose quotations are found again")
    add_evaluate_arguments(command("evaluate", EVALUATE_HELP, as_json, second))
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version")):
        arguments = ["chat", *arguments]
    return parser.parse_args(arguments)


def _folders() -> argparse.ArgumentParser:
    """The library that a command works on."""
    made = argparse.ArgumentParser(add_help=False)
    made.add_argument("--sources", default=DEFAULT_SOURCES, metavar="DIR", help="the documents (default: %(default)s)")
    made.add_argument(
        "--index", default=DEFAULT_INDEX, metavar="DIR", help="the index built from them (default: %(default)s)"
    )
    made.add_argument(
        "--model", metavar="NAME", help="a sentence-transformers model, by name or folder (default: the index's own)"
    )
    return made


def _as_json() -> argparse.ArgumentParser:
    """What is printed."""
    made = argparse.ArgumentParser(add_help=False)
    made.add_argument("--json", action="store_true", help="print JSON")
    return made


def _narrow() -> argparse.ArgumentParser:
    """What is searched, and how much of it is shown."""
    made = argparse.ArgumentParser(add_help=False)
    made.add_argument("-k", type=int, default=5, metavar="N", help="at most this many excerpts (default: %(default)s)")
    made.add_argument(
        "--only", action="append", metavar="PATTERN", help="only sources whose name or title fits; may be repeated"
    )
    made.add_argument("--tag", action="append", metavar="TAG", help="only sources with the tag; may be repeated")
    made.add_argument(
        "--publisher", action="append", metavar="NAME", help="only sources of the publisher; may be repeated"
    )
    made.add_argument(
        "--after", metavar="DATE", help="only sources about this time or later: 2005, 2005-09, 2005-09-19"
    )
    made.add_argument("--before", metavar="DATE", help="only sources about this time or earlier")
    return made


def _second() -> argparse.ArgumentParser:
    """What reorders the passages."""
    made = argparse.ArgumentParser(add_help=False)
    made.add_argument(
        "--reranker",
        metavar="NAME",
        help="a cross-encoder (sentence-transformers) by name or folder, which reorders the best passages",
    )
    return made
