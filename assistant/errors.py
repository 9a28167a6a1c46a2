"""What can go wrong, said for people: each message is one line that names the file and the remedy.

AssistantError
├── UsageError          the caller asked for something that makes no sense (exit status 2)
├── NotFound            what was looked for is in none of the sources (1)
├── SourcesMissing      the sources folder is missing or holds nothing that can be read (2)
├── IndexUnusable       (3)
│   ├── IndexMissing    there is no index yet
│   ├── IndexDamaged    files of the index are missing, truncated or altered
│   ├── IndexOutdated   built by another version of the program, or with another model
│   ├── IndexForeign    built from another sources folder
│   └── IndexLocked     another build is running
├── ModelUnusable       a model cannot be loaded (3)
├── ServerError         the chat cannot be served (3)
├── FeedbackFailed      what a person says of an answer cannot be kept (3)
├── CitingFailed        a citation cannot be formatted, or a document not written (3)
└── UnreadableFile      one file cannot be read; a build reports it and goes on
"""

from __future__ import annotations


class AssistantError(Exception):
    """Base of all errors that are meant for a person; `exit_status` is the command line's."""

    exit_status = 3


class UsageError(AssistantError):
    """The request makes no sense as it stands."""

    exit_status = 2


class NotFound(AssistantError):
    """What was looked for is in none of the sources."""

    exit_status = 1


class SourcesMissing(AssistantError):
    """The sources folder is missing, or nothing in it can be read."""

    exit_status = 2


class IndexUnusable(AssistantError):
    """The index cannot be used as it is."""


class IndexMissing(IndexUnusable):
    """There is no index yet."""


class IndexDamaged(IndexUnusable):
    """Files of the index are missing, truncated or altered."""


class IndexOutdated(IndexUnusable):
    """The index was built by another version of the program, or with another model."""


class IndexForeign(IndexUnusable):
    """The index was built from another sources folder."""


class IndexLocked(IndexUnusable):
    """Another build is running."""


class ModelUnusable(AssistantError):
    """A model cannot be loaded or does not work."""


class ServerError(AssistantError):
    """The chat cannot be served."""


class FeedbackFailed(AssistantError):
    """What a person says of an answer cannot be kept."""


class CitingFailed(AssistantError):
    """A citation cannot be formatted, or a document not written."""


class UnreadableFile(AssistantError):
    """One file cannot be read; the message is the reason, without the file's name."""
