// ----- within the source that is read: its table of contents
async function openContents(fold) {
  const nav = $("nav", fold), asked = reading;
  if (!nav.childElementCount) {
    const html = await call("contents", { source: reading.source });
    if (reading !== asked) return;
    if (html === undefined) return say(t("reader.unread"));
    if (!html) return read(anchorOf(reading)); // the source is gone, which is told
    nav.innerHTML = html;
  }
  const entries = $$(".entry", nav);
  const at = onPage() ? leaf.number : Number(topBlock(0.2)?.dataset.start ?? 0);
  const now = entries.findLast(({ dataset }) => Number(onPage() ? dataset.page : dataset.start) <= at);
  for (const entry of entries) entry === now ? entry.setAttribute("aria-current", "location") : entry.removeAttribute("aria-current");
  if (now) nav.scrollTop += now.getBoundingClientRect().top - nav.getBoundingClientRect().top - nav.clientHeight / 3;
}
document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches?.("#reader .contents")) openContents(target);
}, true);
function closeContents(focused) {
  const fold = $(".contents[open]", reader);
  if (!fold) return false;
  fold.open = false;
  if (focused) $("summary", fold).focus();
  return true;
}
document.addEventListener("click", ({ target }) => { if (!target.closest?.(".contents")) closeContents(false); });
async function goTo({ dataset }) {
  closeContents(true);
  if (onPage()) return turnTo(Number(dataset.page));
  const block = await showAt(Number(dataset.start));
  if (!block) return;
  block.tabIndex = -1;
  block.focus({ preventScroll: true });
}

// ----- offsets into the source, in code points, and places in the page's text, in UTF-16
function pointAt(offset) {
  const block = blockAt(offset);
  if (!block) return null;
  let left = offset - Number(block.dataset.start);
  const nodes = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  for (let node = nodes.nextNode(), last = null; ; last = node, node = nodes.nextNode()) {
    if (!node) return last && [last, last.length];
    const length = [...node.data].length;
    if (left <= length) return [node, [...node.data].slice(0, left).join("").length];
    left -= length;
  }
}
function rangeOf([start, end]) {
  const from = pointAt(start), to = pointAt(end);
  if (!from || !to) return null;
  const range = document.createRange();
  range.setStart(...from);
  range.setEnd(...to);
  return range;
}
function offsetOf(node, at) { // of a place in the page's text; what lies between two blocks is the start of the second
  const holder = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  const block = holder.closest("[data-start]"), window = holder.closest(".window");
  if (!block) {
    if (window && $(".path", window)?.contains(node)) return Number(window.dataset.from);
    const next = node.childNodes[at], first = next?.nodeType === Node.ELEMENT_NODE && (next.matches("[data-start]") ? next : $("[data-start]", next));
    return first ? Number(first.dataset.start) : Number((window ?? $$(".window", reader).at(-1)).dataset.to);
  }
  const before = document.createRange();
  before.setStart(block, 0);
  before.setEnd(node, at);
  return Number(block.dataset.start) + [...before.toString()].length;
}

// ----- search within the source
let seeking = { source: "", words: "", count: 0, hits: [], at: -1 };
let seekLater;
const field = () => $("#within", reader);
const painted = CSS.highlights && { all: new Highlight(), now: new Highlight() };
if (painted) { CSS.highlights.set("hit", painted.all); CSS.highlights.set("hit-now", painted.now); painted.now.priority = 1; }
function againWithin() { // after the reader was drawn anew: the same source keeps its search, made anew in another text
  const words = seeking.source === reading.source ? seeking.words : "", same = seeking.digest === readerText().dataset.digest;
  if (!words || !same) seeking = { source: reading.source, words: "", count: 0, hits: [], at: -1 };
  field().value = words;
  if (words && !same) seek();
  else tellHits();
}
async function seek() {
  const words = field().value.trim(), asked = { source: reading.source, words, count: 0, hits: [], at: -1 };
  if (words === seeking.words) return;
  seeking = asked;
  const found = words && await call("find_in", { source: reading.source, words });
  if (seeking !== asked) return; // other words were typed meanwhile
  if (found === undefined) { seeking.words = ""; return say(t("reader.unread")); }
  if (found && found.digest !== readerText().dataset.digest) return read(anchorOf(reading));
  if (found) Object.assign(seeking, found);
  const from = onPage() ? 0 : Number(topBlock()?.dataset.start ?? 0);
  seeking.at = seeking.hits.findIndex((hit) => onPage() ? hit[2] >= leaf.number : hit[0] >= from);
  if (seeking.at < 0 && seeking.hits.length) seeking.at = 0;
  showHit();
}
function tellHits() {
  const { words, count: found, hits, at } = seeking, kept = hits.length.toLocaleString(language);
  const n = (at + 1).toLocaleString(language);
  $("#hits", reader).textContent = !words || (found && at < 0) ? "" : !found ? t("reader.no_hits") : found > hits.length ? t("reader.of_more", { n, kept }) : t("reader.of", { n, total: kept });
  $(".hit-steps", reader).hidden = !found;
  $(".within", reader).classList.toggle("none", Boolean(words) && !found);
}
async function showHit() {
  tellHits();
  showHits();
  const hit = seeking.hits[seeking.at];
  if (!hit) return;
  const [start, end, page, quote] = hit;
  if (onPage() && await showOnPage({ source: reading.source, start, end, quote, prefix: "" }, false, page)) return;
  if (onPage()) showAs("text", false);
  await showAt(start);
  const range = rangeOf(hit), frame = readerText();
  if (range && seeking.hits[seeking.at] === hit) bringBlock(frame, range.getBoundingClientRect(), 0.3);
}
function showHits() { // those of the text that is there
  if (!painted) return;
  painted.all.clear();
  painted.now.clear();
  const windows = $$(".window", reader);
  if (!windows.length) return;
  const [from, to] = [Number(windows[0].dataset.from), Number(windows.at(-1).dataset.to)];
  for (const [number, hit] of seeking.hits.entries()) {
    const range = hit[0] >= from && hit[1] <= to && rangeOf(hit);
    if (range) painted[number === seeking.at ? "now" : "all"].add(range);
  }
}
async function stepHit(way) {
  clearTimeout(seekLater);
  if (field().value.trim() !== seeking.words) return seek();
  if (!seeking.hits.length) return;
  seeking.at = (seeking.at + way + seeking.hits.length) % seeking.hits.length;
  showHit();
}
document.addEventListener("input", (event) => {
  if (event.target.id !== "within" || event.isComposing) return;
  clearTimeout(seekLater);
  seekLater = setTimeout(seek, 120);
});

// ----- words that are selected in the text are copied with their citation
function selectedWords() { // the selected words and their offsets, or null
  const chosen = getSelection(), frame = readerText();
  if (!frame || chosen.isCollapsed || !chosen.rangeCount) return null;
  const range = chosen.getRangeAt(0);
  const inside = (node) => frame.contains(node);
  if (!inside(range.startContainer) || !inside(range.endContainer) || !chosen.toString().trim()) return null;
  return { range, words: chosen.toString(), start: offsetOf(range.startContainer, range.startOffset), end: offsetOf(range.endContainer, range.endOffset) };
}
function offerQuote() {
  const button = $(".quote-button", reader), chosen = button && selectedWords();
  if (!button) return;
  button.classList.toggle("on", Boolean(chosen));
  if (!chosen) return;
  const lines = [...chosen.range.getClientRects()], frame = readerText().getBoundingClientRect(), around = reader.getBoundingClientRect();
  const end = lines.at(-1);
  const top = end.bottom + 8 + button.offsetHeight > frame.bottom ? lines[0].top - 8 - button.offsetHeight : end.bottom + 8;
  button.style.top = `${Math.max(frame.top + 8, Math.min(top, frame.bottom - button.offsetHeight - 8)) - around.top}px`;
  button.style.left = `${Math.max(12, Math.min(end.right - around.left - button.offsetWidth, around.width - button.offsetWidth - 12))}px`;
}
async function copyQuote() {
  const chosen = selectedWords();
  if (!chosen) return;
  const { words, start, end } = chosen, style = recall("style") ?? "";
  const made = await call("quote", { source: reading.source, start, end, words, style });
  if (made?.text) copy(made.text, t("reader.quoted"), made.html);
  else say(made?.reason ?? t("reader.unread"));
}
let offering;
document.addEventListener("selectionchange", () => {
  clearTimeout(offering);
  offering = setTimeout(offerQuote, 150);
});
document.addEventListener("scroll", ({ target }) => {
  if (target.matches?.(".reader-text") && $(".quote-button.on", reader)) offerQuote();
}, { capture: true, passive: true });
document.addEventListener("pointerdown", (event) => { // a press on the button leaves the selection as it is
  if (event.target.closest?.(".quote-button")) event.preventDefault();
});
document.addEventListener("mousedown", (event) => {
  if (event.target.closest?.(".quote-button")) event.preventDefault();
});

// ----- keys
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if ((event.ctrlKey || event.metaKey) && event.shiftKey && key.toLowerCase() === "c" && selectedWords()) {
    event.preventDefault();
    copyQuote();
  }
  if (event.isComposing || !reader.contains(target)) return;
  if (target.id === "within" && key === "Enter") {
    event.preventDefault();
    stepHit(event.shiftKey ? -1 : 1);
  } else if (key === "/" && field() && !target.matches("input, textarea")) {
    event.preventDefault();
    field().focus();
    field().select();
  } else if (key === "Escape" && (closeContents(true) || emptyField(target))) event.preventDefault();
});
function emptyField(target) {
  if (target.id !== "within" || !target.value) return false;
  target.value = "";
  seek();
  return true;
}

act({ goto: goTo, hit: (button) => stepHit(Number(button.dataset.step)), quote: copyQuote });

