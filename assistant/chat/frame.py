"""The fixed parts of the page as HTML, in which `{reader.close}` stands for the words of that key.

They are in the page before the script runs, in the first language; the script puts in those of another. For that, words
between tags stand alone in an element with `data-t`, those of attributes are named by `data-t-title`, `data-t-label`
and `data-t-placeholder`.
"""

from __future__ import annotations

import re
from html import escape

from assistant.chat.render import button, icon
from assistant.chat.texts import LANGUAGES, Texts
from assistant.chat.uploads import MAX_FILES, MAX_UPLOAD

NAME = "Assistant"


def words(key: str) -> str:
    """The words of a key, as an element of their own."""
    return f'<span data-t="{key}">{{{key}}}</span>'


def named(key: str) -> dict[str, object]:
    """What a button needs to be called by the words of a key."""
    return {"t-title": key}


def frame(html: str, say: Texts) -> str:
    """A fixed part of the page in a language."""
    filled = re.sub(r"\{(\w+\.\w+)\}", lambda match: escape(say(match[1])), html)
    return re.sub(
        r'data-t-(title|label|placeholder)="([\w.]+)"',
        lambda match: f'{match[0]} {"aria-label" if match[1] == "label" else match[1]}="{escape(say(match[2]))}"',
        filled,
    )


_THEMES = "".join(
    f'<option value="{name}" data-t="page.theme_{name}">{{page.theme_{name}}}</option>'
    for name in ("system", "light", "dark")
)
_LANGUAGES = "".join(f'<option value="{name}" lang="{name}">{shown}</option>' for name, shown in LANGUAGES.items())

KEPT = f"""<dialog id="conversations" aria-labelledby="kept-title"><div class="kept"><div class="panel-bar">
<h2 id="kept-title" data-t="page.conversations">{{page.conversations}}</h2>
{button("icon-button", "close-kept", icon("close"), named("page.close"))}</div>
<input id="kept-search" type="search" autocomplete="off" data-t-label="keep.search" data-t-placeholder="keep.search">
<p id="kept-unsaved" class="notice" data-t="keep.unsaved" hidden>{{keep.unsaved}}</p>
<p id="kept-shown" role="status"></p><div id="kept-list"></div>
<div class="kept-foot"><p data-t="keep.private">{{keep.private}}</p>
<div>{button("text-button", "save-all", words("keep.save_all"))}
{button("text-button", "load-all", words("keep.load_all"))}</div></div><p id="kept-told" role="status" dir="auto"></p>
<input id="kept-file" type="file" accept=".json,application/json" hidden data-t-label="keep.load_all"></div>
<template id="kept-row"><li class="kept-row"><button type="button" class="kept-open" data-do="open-kept">
<span class="kept-name" dir="auto"></span><span class="kept-hit" dir="auto"></span>
<span class="kept-about"><time></time><span class="kept-count"></span></span></button><span class="kept-tools">
{button("square-button", "rename", icon("rename"))}{button("square-button", "delete-kept", icon("delete"))}
</span></li></template></dialog>"""

TOP_BAR = f"""<a class="skip" href="#ask" data-do="focus">{words("page.skip")}</a>
<header class="bar"><div class="brand"><span class="sign" aria-hidden="true"></span><h1>{NAME}</h1>
<p class="tagline" data-t="page.tagline">{{page.tagline}}</p></div><div class="tools">
{button("bar-button", "new", icon("new") + words("page.new"))}
{button("bar-button", "conversations", icon("history") + words("page.conversations"))}
{button("bar-button only-narrow", "panel", icon("panel") + words("page.sources"))}
<details class="settings"><summary class="bar-button square" data-t-title="page.settings">{icon("settings")}</summary>
<div class="popover"><label>{words("page.theme")}<select id="theme">{_THEMES}</select></label>
<label>{words("page.language")}<select id="language">{_LANGUAGES}</select></label></div></details></div></header>
{KEPT}"""

ASK = f"""<form class="asker"><div id="trouble" role="alert"></div>
<div id="scope" role="status"></div>
<div class="box"><textarea rows="1" autocomplete="off" data-t-label="ask.label" data-t-placeholder="ask.placeholder">
</textarea><button type="submit" class="send" data-t-title="ask.send">{icon("send")}{icon("stop")}</button></div>
</form>"""

PANEL = f"""<section id="library" aria-labelledby="library-title"><div class="panel-bar">
<h2 id="library-title" tabindex="-1" data-t="page.sources">{{page.sources}}</h2>
{button("icon-button close", "close", icon("close"), named("page.close"))}</div>
<div id="overview"></div>
<div id="filters"></div>
<div class="finder"><input id="filter" type="search" autocomplete="off" data-t-label="library.filter"
data-t-placeholder="library.filter">
{button("plain-button", "add", words("library.add"))}{button("plain-button", "rebuild", words("library.rebuild"))}
<input id="files" type="file" multiple hidden data-t-label="library.files" data-largest="{MAX_UPLOAD}"
data-most="{MAX_FILES}"></div>
<div id="adding"></div><div id="library-said" role="status"></div>
<div id="rebuild-progress" hidden><p><span></span> <span></span></p><progress></progress></div>
<div id="rebuild-status"></div><div id="changed"></div>
<p id="shown" role="status"></p><div id="source-list"></div><div id="shelf"></div>
<dialog id="library-dialog" aria-labelledby="library-dialog-title"></dialog></section>
<section id="reader" data-t-label="reader.label"></section>"""
