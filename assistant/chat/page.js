// The page's behaviour. Runs once, when the panel is mounted; every listener is delegated from the document.
// `element`, `server` and `trigger` are given by gradio. All HTML that arrives here was escaped by the server.
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const body = document.body;
const wide = matchMedia("(min-width: 1000px)");
const panel = $("#panel"), talk = $("#talk"), top_bar = $("#top");
const reader = $("#reader", element), list = $("#source-list", element), filter = $("#filter", element);
const box = () => $("#ask textarea");

// ----- theme: the visitor's choice, else the system's (which gradio follows)
const kept = (() => { try { return localStorage.getItem("assistant-theme"); } catch { return null; } })();
if (kept) body.classList.toggle("dark", kept === "dark");
function switchTheme() {
  const dark = body.classList.toggle("dark");
  try { localStorage.setItem("assistant-theme", dark ? "dark" : "light"); } catch { /* a private window keeps nothing */ }
}

// ----- short confirmations, seen and read out
const toast = document.createElement("div");
toast.id = "toast";
toast.setAttribute("role", "status");
body.append(toast);
let fading;
function say(words, stay = false) {
  toast.textContent = words;
  toast.classList.toggle("on", words !== "");
  clearTimeout(fading);
  if (!stay) fading = setTimeout(() => say("", true), 2500);
}

// ----- the panel: beside the conversation where there is room, else a sheet over it
let opener = null;
function layOut() {
  const sheet = body.classList.contains("panel-open") && !wide.matches;
  panel.setAttribute("role", sheet ? "dialog" : "complementary");
  panel.setAttribute("aria-label", "Sources");
  sheet ? panel.setAttribute("aria-modal", "true") : panel.removeAttribute("aria-modal");
  talk.inert = top_bar.inert = sheet;
  panel.inert = !sheet && !wide.matches;
  $("[data-do=panel]").setAttribute("aria-expanded", sheet);
  $("[data-do=panel]").setAttribute("aria-controls", "panel");
}
function openPanel(reading, from) {
  if (from && !panel.contains(from)) opener = from;
  panel.classList.toggle("reading", reading);
  body.classList.add("panel-open");
  layOut();
}
function showLibrary(from) {
  forget();
  openPanel(false, from);
  $("#library-title").focus({ preventScroll: true });
}
function closePanel() {
  forget();
  panel.classList.remove("reading");
  body.classList.remove("panel-open");
  layOut();
  $$(".now").forEach((node) => node.classList.remove("now"));
  (opener?.isConnected ? opener : box())?.focus({ preventScroll: true });
}
wide.addEventListener("change", layOut);

// ----- the reader
let reading = null; // what the reader shows: the last request
async function read(request, from) {
  reading = request;
  $$(".now").forEach((node) => node.classList.remove("now"));
  if (from) from.classList.add("now");
  openPanel(true, from);
  reader.setAttribute("aria-busy", "true");
  const html = await server.read_source(request);
  if (reading !== request) return; // another source was opened meanwhile
  reader.innerHTML = html ?? '<p class="notice" role="alert">The source could not be loaded. Is the assistant still running?</p><button type="button" class="text-button" data-do="library">All sources</button>';
  reader.removeAttribute("aria-busy");
  openPages(request);
  if ("first" in request) $(".reader-text", reader)?.focus();
  else if (!jump()) $("#reader-title", reader)?.focus({ preventScroll: true });
}
function jump(focused = true) { // to the cited words, where they are shown
  const mark = $(".page-view:not([hidden]) .page-mark, .reader-text:not([hidden]) #cited", reader);
  if (!mark) return false;
  const frame = mark.closest(".page-scroll, .reader-text"), at = mark.getBoundingClientRect(), around = frame.getBoundingClientRect();
  frame.scrollTop += at.top - around.top - frame.clientHeight * 0.25;
  const left = Math.min(...$$(".page-mark", frame).concat(mark).map((each) => each.getBoundingClientRect().left));
  frame.scrollLeft += left - around.left - frame.clientWidth * 0.1;
  if (focused) mark.focus({ preventScroll: true });
  return true;
}
const anchorOf = ({ source, start, end, quote, prefix, index }) => ({ source, start, end, quote, prefix, index });
function readAt(first) {
  read({ ...reading, first });
}
function goToWords() {
  if (jump()) return;
  const page = !$(".page-view", reader)?.hidden && firstMarked();
  if (page) return turnTo(page, true);
  const { first, ...request } = reading;
  read(request);
}

// ----- the pages of a PDF: the picture of one, with the cited words marked on it
let leaf = null; // what is shown of the source that is read: its page, of how many, and the marks by page
function openPages(request) {
  if (leaf?.picture) URL.revokeObjectURL(leaf.picture);
  const view = $(".page-view", reader);
  leaf = view && { request, number: Number(view.dataset.page), count: Infinity, picture: "", marks: null };
  panel.classList.toggle("paged", view !== null && !view.hidden);
  if (view && !view.hidden) turnTo(leaf.number, true);
}
function showAs(choice) {
  const view = $(".page-view", reader), on = choice === "page";
  view.hidden = !on;
  $(".reader-text", reader).hidden = on;
  panel.classList.toggle("paged", on);
  for (const button of $$(".views button", reader)) button.setAttribute("aria-pressed", button.dataset.view === choice);
  if (on && !leaf.picture) turnTo(leaf.number, true);
  else jump(false);
}
async function turnTo(number, toWords = false) {
  if (number < 1 || number > leaf.count) return;
  const now = leaf, view = $(".page-view", reader), sheet = $(".sheet", view), image = $("img", sheet);
  now.number = number;
  view.setAttribute("aria-busy", "true");
  const width = Math.ceil(sheet.clientWidth * devicePixelRatio / 200) * 200;
  const drawn = await draw(now.request.source, number, Math.max(200, Math.min(width, 2400)));
  if (leaf !== now || now.number !== number) return; // another page was turned to meanwhile
  if (now.picture) URL.revokeObjectURL(now.picture);
  now.picture = image.src = drawn.blob ? URL.createObjectURL(drawn.blob) : "";
  if (drawn.blob) await image.decode();
  now.count = drawn.count ?? now.count;
  sheet.hidden = !drawn.blob;
  const name = `Page ${drawn.label ?? number}`;
  image.alt = `${name} of ${image.dataset.title}`;
  const place = drawn.label === String(number) ? ` of ${drawn.count}` : `, ${number} of ${drawn.count}`;
  $(".page-label", view).textContent = name + (drawn.count ? place : "");
  $("[data-do=before]", view).setAttribute("aria-disabled", number <= 1);
  $("[data-do=after]", view).setAttribute("aria-disabled", number >= now.count);
  $(".page-scroll", view).scrollTo(0, 0);
  view.removeAttribute("aria-busy");
  warn(drawn.problem ? `Page ${number} cannot be shown: ${drawn.problem}.` : "");
  if (drawn.blob) mark(now, toWords);
}
function enlarge(button) {
  const large = $(".sheet", reader).classList.toggle("large");
  button.setAttribute("aria-pressed", large);
  turnTo(leaf.number, true);
}
async function draw(source, page, width) {
  try {
    const reply = await fetch(`pages?${new URLSearchParams({ source, page, width })}`);
    if (!reply.ok) return { problem: await reply.text() };
    const label = decodeURIComponent(reply.headers.get("X-Page-Label"));
    return { blob: await reply.blob(), label, count: Number(reply.headers.get("X-Page-Count")) };
  } catch { return { problem: "the assistant does not answer; is it still running?" }; }
}
async function mark(now, toWords) {
  if (!now.marks && now.request.quote) {
    const slow = setTimeout(() => leaf === now && say("Looking for the cited words on the page", true), 800);
    const found = await server.marks(now.request);
    clearTimeout(slow);
    say("");
    if (leaf !== now) return;
    now.marks = found?.pages ?? {};
    warn(found ? found.problem : "The cited words could not be marked. Is the assistant still running?");
  }
  const layer = $(".page-marks", reader);
  layer.replaceChildren();
  for (const [number, [left, top, width, height]] of (now.marks?.[now.number] ?? []).entries()) {
    const node = Object.assign(document.createElement("span"), { className: "page-mark", tabIndex: -1 });
    Object.assign(node.style, { left: `${left * 100}%`, top: `${top * 100}%`, width: `${width * 100}%`, height: `${height * 100}%` });
    if (number) node.setAttribute("aria-hidden", "true");
    else { node.setAttribute("role", "img"); node.setAttribute("aria-label", `The cited words: ${now.request.quote}`); }
    layer.append(node);
  }
  if (toWords) jump(document.activeElement?.id === "reader-title" || document.activeElement?.dataset.do === "jump");
}
const firstMarked = () => Number(Object.keys(leaf?.marks ?? {})[0]); // such keys are kept in order
function warn(words) {
  const problem = $(".page-problem", reader);
  problem.textContent = words;
  problem.hidden = !words;
}

// ----- links into the reader: the address holds the cited words while they are open
function follow() {
  const asked = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (asked.source) read(anchorOf(asked));
}
function forget() {
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
}
addEventListener("hashchange", follow);

// ----- the list of sources, the rebuild, and the index that the page shows
let index = null, running = false, timer, silent = false, shownStatus = "", turn = Promise.resolve();
function look(call = "overview") { // one call at a time, so that an older state never comes after a newer one
  turn = turn.then(async () => {
    clearTimeout(timer);
    const state = await server[call]({ index });
    if (state) show(state); // gradio gives undefined where the call failed
    if (!state !== silent) say((silent = !state) ? "The assistant does not answer. Is it still running?" : "", true);
    if (!document.hidden) timer = setTimeout(look, running ? 400 : 4000);
  });
}
function show(state) {
  if (state.status !== shownStatus) $("#rebuild-status", element).innerHTML = shownStatus = state.status;
  if (running && !state.running) say($("#rebuild-status :is(summary, .notice)")?.textContent ?? "");
  if (!running && state.running) say("Rebuilding");
  running = state.running;
  const button = $("[data-do=rebuild], [data-do=cancel]", element); // one button, so that it keeps the focus
  button.dataset.do = running ? "cancel" : "rebuild";
  button.textContent = running ? "Cancel" : "Rebuild";
  if ("sources" in state) {
    if (index !== null && !running && !state.status) say("The sources were rebuilt");
    list.innerHTML = state.sources;
    $(".welcome").innerHTML = state.welcome;
    sift();
  }
  index = state.index;
  if (again && !running) { again = false; look("rebuild"); }
}
function sift() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = $$("li", list);
  for (const item of all) item.hidden = !words.every((word) => item.dataset.words.includes(word));
  const left = all.filter((item) => !item.hidden).length;
  $("#shown", element).textContent = words.length ? `${left} of ${all.length} sources` : `${all.length} source${all.length === 1 ? "" : "s"}`;
}
filter.addEventListener("input", sift);
document.addEventListener("visibilitychange", () => document.hidden || look());

// ----- documents that are added: sent one after another, then the index is rebuilt
const files = $("#files", element), added = $("#add-status", element);
let again = false; // files came while a rebuild was running, which may not have seen them
async function send(chosen) {
  const results = [];
  for (const [number, file] of chosen.entries()) {
    added.textContent = `Adding ${number + 1} of ${chosen.length}: ${file.name}`;
    try {
      const reply = await fetch(`documents?name=${encodeURIComponent(file.name)}`, { method: "PUT", body: file });
      results.push({ name: file.name, ...await reply.json() });
    } catch { results.push({ name: file.name, reason: "could not be sent; is the assistant still running?" }); }
  }
  added.replaceChildren(...results.map(({ name, file, reason, new: fresh }) => Object.assign(document.createElement("p"), {
    className: reason ? "notice" : "", textContent: reason ? `${name}: ${reason}` : `${fresh ? "Added" : "There already"}: ${file}`,
  })));
  if (!results.some((result) => result.new)) return;
  again = running;
  if (!running) look("rebuild");
}
files.addEventListener("change", async () => {
  const chosen = [...files.files];
  files.value = ""; // the same file may be chosen again
  await send(chosen);
});

// ----- citations: in the visitor's style, else in the server's first
const styleKept = () => { try { return localStorage.getItem("assistant-style"); } catch { return null; } };
function chooseStyle(name) {
  for (const choice of $$(".cite-style")) if ([...choice.options].some((option) => option.value === name)) choice.value = name;
}
document.addEventListener("change", ({ target }) => {
  if (!target.matches(".cite-style")) return;
  try { localStorage.setItem("assistant-style", target.value); } catch { /* a private window keeps nothing */ }
  chooseStyle(target.value);
});
const answerOf = (button) => button.closest(".answer");
async function cite(button) {
  const { answer } = answerOf(button).dataset, style = $(".cite-style", answerOf(button)).value;
  const made = await server.cite({ answer, style, excerpt: button.dataset.excerpt });
  if (made?.text) copy(made.text, button.dataset.done, made.html);
  else say(made?.reason ?? "The citation could not be made. Is the assistant still running?");
}
async function saveAs(button) {
  const own = answerOf(button), { format, of } = button.dataset;
  const answers = of === "answer" ? [own] : $$("#chat .answer[data-answer]:not([data-answer=''])");
  const query = new URLSearchParams({ answers: answers.map((each) => each.dataset.answer).join(), style: $(".cite-style", own).value, format, excerpts: $(".with-excerpts", own).checked });
  try {
    const reply = await fetch(`export?${query}`);
    if (!reply.ok) return say((await reply.json()).reason);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await reply.blob());
    link.download = reply.headers.get("content-disposition").match(/filename="(.+)"/)[1];
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    say(`Saved as ${link.download}`);
  } catch { say("It could not be saved. Is the assistant still running?"); }
}

// ----- the clipboard
async function copy(text, done, html) {
  try {
    const blob = (words, type) => new Blob([words], { type });
    if (html) await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob(text, "text/plain"), "text/html": blob(html, "text/html") })]);
    else await navigator.clipboard.writeText(text);
    say(done);
  } catch { // refused, or plain http from another computer
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen-words";
    body.append(area);
    area.select();
    say(document.execCommand("copy") ? done : "The browser did not allow copying");
    area.remove();
  }
}

// ----- a question put into the box, to be changed before it is asked
function type(question) {
  const area = box();
  if (!area) return;
  area.value = question;
  area.dispatchEvent(new Event("input", { bubbles: true })); // as if typed: gradio then knows of it
  area.focus();
  area.setSelectionRange(question.length, question.length);
}

// ----- clicks and keys
const actions = {
  add: () => files.click(),
  after: () => turnTo(leaf.number + 1),
  ask: (button) => { trigger("suggested", { question: button.dataset.question }); box()?.focus(); },
  before: () => turnTo(leaf.number - 1),
  cancel: () => look("cancel"),
  cite,
  close: closePanel,
  edit: (button) => type(button.dataset.question),
  enlarge,
  export: saveAs,
  focus: () => box()?.focus(),
  jump: goToWords,
  library: () => showLibrary(),
  link: (button) => copy(new URL(button.dataset.link, location.href).href, "Link copied"),
  new: () => { trigger("renew"); if (!wide.matches) closePanel(); box()?.focus(); },
  panel: (button) => showLibrary(button),
  read: (button) => { forget(); read(anchorOf(button.dataset), button); },
  rebuild: () => look("rebuild"),
  theme: switchTheme,
  view: (button) => showAs(button.dataset.view),
  window: (button) => readAt(button.dataset.first),
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  event.preventDefault();
  actions[button.dataset.do](button);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && panel.contains(document.activeElement)) closePanel();
});

// a blank question is not sent; gradio would be busy with it for a moment, and lose a real one sent meanwhile
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && event.target === box() && !box().value.trim()) {
    event.preventDefault();
    event.stopPropagation();
  }
}, { capture: true });

// ----- each new question goes to the top, so that a long answer is read from its start
let questions = 0, answers = 0;
function settle() {
  name();
  const asked = $$("#chat .user-row").length, answered = $$("#chat .answer").length;
  if (asked === questions && answered === answers) return;
  requestAnimationFrame(bring);
  if (answered > answers) chooseStyle(styleKept());
  if (answered > answers) look(); // the answer may come from an index that is newer than the list
  [questions, answers] = [asked, answered];
  body.classList.toggle("talking", questions > 0);
}
function bring() {
  const scroller = $("#chat .bubble-wrap"), wrap = $("#chat .message-wrap"), question = $$("#chat .user-row").at(-1);
  if (!question) return;
  const above = question.getBoundingClientRect().top - wrap.getBoundingClientRect().top - 20;
  wrap.style.minHeight = `${above + scroller.clientHeight}px`; // room below a short answer
  scroller.scrollTop = above;
}

// ----- names that gradio's own markup lacks or repeats
function name() {
  const log = $("#chat [role=log]");
  if (log) { log.setAttribute("aria-label", "Conversation"); log.tabIndex = 0; }
  $("#ask .submit-button")?.setAttribute("title", "Ask"); // the page may be ready before the button is
  for (const [kind, label] of [["user", "You asked"], ["bot", "Answer"]])
    for (const node of $$(`#chat [data-testid="${kind}"]`)) { node.setAttribute("role", "group"); node.setAttribute("aria-label", label); }
}
new MutationObserver(settle).observe(talk, { childList: true, subtree: true });

layOut();
settle();
look();
follow();
body.dataset.ready = "true";
