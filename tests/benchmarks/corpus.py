"""Real text that is on any machine: manual pages, documentation of packages, docstrings of Python modules.

    python tests/benchmarks/corpus.py FOLDER PASSAGES

`documents` yields it as Markdown in an order that does not depend on where it came from, so that the first thousand
are a fair sample of all; `write` puts so many of them into a folder of sources, each about a year of its own, so that
a filter by date can keep one in a hundred.
"""

from __future__ import annotations

import ast
import gzip
import hashlib
import re
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

MANUALS = Path("/usr/share/man")
PACKAGES = (Path("/usr/share/doc"), Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib")))
_SECTION = re.compile(r"\.S[HS]\s+(.*)")
_PARAGRAPH = re.compile(r"\.(PP|P|LP|TP|IP|sp|br|RS|RE)\b")
_ESCAPES = (
    (re.compile(r"\\f(\(..|\[[^]]*\]|.)|\\s[-+]?\d|\\[&|^%/,:]|\\\*(\(..|\[[^]]*\])"), ""),
    (re.compile(r"\\\(?(aq|dq|cq|oq)"), "'"),
    (re.compile(r"\\\((bu|em|en)|\\\[(bu|em|en)\]|\\-"), "-"),
    (re.compile(r"\\e"), r"\\"),
)
_SHORTEST = 400
"""Characters; what is shorter is mostly a licence line or a stub."""
LONGEST = 100_000
"""Characters; what is longer is cut, so that no document is a library by itself."""
CHARACTERS = 320
"""Of a passage, on average."""
YEARS = range(1900, 2000)


def documents() -> Iterator[tuple[str, str]]:
    """Name and Markdown text of every document that the machine has, in order of the digest of their names."""
    files = [*MANUALS.glob("man[1-8]/*.gz")]
    for root in PACKAGES:
        files += [path for path in root.rglob("*") if path.suffix in {".md", ".rst", ".txt", ".py"}]
        files += root.rglob("METADATA")
    for path in sorted(files, key=lambda path: hashlib.blake2b(str(path).encode()).digest()):
        if not path.is_file():
            continue
        text = _text(path)[:LONGEST]
        if len(text) >= _SHORTEST:
            yield re.sub(r"[^\w.-]+", "_", str(path).lstrip("/"))[-120:], text


def write(folder: Path, passages: int, longest: int = LONGEST) -> int:
    """Writes documents of about so many passages in all to a new folder; returns how many documents they are.

    Of each at most its first `longest` characters.
    """
    folder.mkdir(parents=True)
    written = count = 0
    for name, text in documents():
        if written >= passages * CHARACTERS:
            break
        text = text[:longest]
        (folder / f"{name}.md").write_text(front_matter(count) + text, "utf-8")
        written += len(text)
        count += 1
    return count


def front_matter(number: int) -> str:
    """What the document of that number says of itself: the year that it is about."""
    year = YEARS[number % len(YEARS)]
    return f"---\nissued: {year}\ncovers: {year}\n---\n"


def _text(path: Path) -> str:
    try:
        if path.suffix == ".gz":
            return _manual(path.name, gzip.decompress(path.read_bytes()).decode("utf-8", "replace"))
        text = path.read_text("utf-8")
        return _docstrings(path.stem, text) if path.suffix == ".py" else text
    except (OSError, ValueError, SyntaxError, RecursionError):
        return ""


def _manual(name: str, roff: str) -> str:
    """The words of a manual page, with its headings; good enough to read, and no more."""
    lines = [f"# {name.split('.')[0]}", ""]
    for line in roff.splitlines():
        section = _SECTION.match(line)
        if section:
            lines += ["", f"## {section[1].strip(chr(34)).capitalize()}", ""]
        elif _PARAGRAPH.match(line):
            lines.append("")
        elif line[:1] not in {".", "'"}:
            lines.append(line)
        elif line[:3] in {".B ", ".I ", ".BR", ".IR"}:
            lines.append(line[3:].replace('"', ""))
    text = "\n".join(lines)
    for pattern, put in _ESCAPES:
        text = pattern.sub(put, text)
    return text


def _docstrings(name: str, code: str) -> str:
    """The docstrings of a module, each under the name of what it describes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(code)
    lines = [f"# {name}"]
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            told = ast.get_docstring(node)
            if told:
                lines += ["", f"## {getattr(node, 'name', name)}", "", told]
    return "\n".join(lines)


if __name__ == "__main__":
    print(f"{write(Path(sys.argv[1]), int(sys.argv[2]))} documents")  # noqa: T201
