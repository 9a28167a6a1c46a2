"""The questions of the benchmarks: from headings and sentences of real passages, and typed; and awkward ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from asked import WARMING
from libraries import Real

from assistant.records import LocatorKind

Questions = dict[str, list[str]]
TYPED = (
    "How do I list the files in a directory?",
    "How is a regular expression compiled?",
    "What does the exit status of a command mean?",
    "Which option prints the version number?",
    "How are environment variables passed to a child process?",
    "What happens when the disk is full?",
    "How do I sort lines by the second column?",
    "Which signal stops a process at once?",
    "How are dates and times formatted?",
    "What is the default port of the server?",
    "How can a socket be set to non-blocking mode?",
    "Where are the configuration files looked for?",
    "How do I compute the eigenvalues of a matrix?",
    "What does the license say about warranty?",
    "How is text encoded as UTF-8?",
    "Which exceptions are raised for invalid arguments?",
    "How do I draw a histogram?",
    "How are passwords stored?",
    "What is the difference between a thread and a process?",
    "How is memory allocated and freed?",
)
STOP_WORDS = (
    "What is it?", "Who are you and what is this?", "How and why is it that they have been there?",
    "where when which who", "to be or not to be", "What was that of theirs?", "and the of a in",
    "Is there any of it for me?", "Do we have to?", "it was not what they had been about",
)  # fmt: skip
WILDCARDS = (
    "file*", "?tring", "re* AND (NOT set:* OR [a TO z])", "name:\"x* y?\"~3", "/[a-z]+.*/", "*a*", "a^1000 b~2 +c -d",
    "{1 TO *} OR value:>=0", "%option% _name_", "((((((((unbalanced", "\\*\\?\\[x\\]", "*:* OR 1=1; DROP TABLE sources",
)  # fmt: skip


def questions_of(real: Real, passages: int, count: int = 100) -> Questions:
    """Questions of the first so many passages: `count` ordinary ones after `WARMING` others, and the awkward kinds."""
    choose = random.Random(0)
    numbers = [real.index.find(source_id) for source_id in real.documents(passages)]
    wanted = count + WARMING - len(TYPED)
    headings = _distinct(lambda: _heading(real, choose.choice(numbers), choose), wanted // 2)
    sentences = _distinct(lambda: _sentence(real, choose.choice(numbers), choose), wanted - len(headings))
    ordinary = [*headings, *sentences, *TYPED]
    choose.shuffle(ordinary)
    return {
        "ordinary": ordinary,
        "long": [_long(real, choose) for _ in range(12)],
        "stop words only": list(STOP_WORDS),
        "like wildcards": list(WILDCARDS),
    }


def _distinct(make: Callable[[], str], count: int) -> list[str]:
    found: dict[str, None] = {}
    for _ in range(100 * count):
        if len(found) < count:
            found[make()] = None
    found.pop("", None)
    return list(found)


def _heading(real: Real, number: int, choose: random.Random) -> str:
    source = real.index.source(number)
    labels = [each.label for each in source.locators if each.kind is LocatorKind.SECTION]
    label = " ".join(choose.choice(labels).split()[:8]) if labels else ""
    return f"What does {source.metadata.title or labels[0]} say about {label}?"[:200] if label else ""


def _sentence(real: Real, number: int, choose: random.Random) -> str:
    """A sentence of six words or more, cut to sixteen."""
    words = choose.choice(_paragraphs(real, number)).split()
    text = " ".join(words[:16]).replace('"', "")
    return text if sum(word.isalpha() for word in words[:16]) >= 6 else ""


def _paragraphs(real: Real, number: int) -> Sequence[str]:
    return real.index.source(number).text.split("\n\n")


def _long(real: Real, choose: random.Random) -> str:
    """Two thousand words, or as many as twenty thousand characters hold."""
    words: list[str] = []
    while len(words) < 2000:
        text = real.index.text(choose.randrange(real.passages)).replace('"', "")
        words += [word for word in text.split() if len(word) < 15 and ":" not in word]
    return " ".join(words[:2000])[:19_900].rsplit(" ", 1)[0]
