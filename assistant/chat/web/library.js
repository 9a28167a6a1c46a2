// ----- the list of sources, and the index that the page shows
const list = $("#source-list", element), filter = $("#filter", element), apart = $("#shelf", element);
const ROWS = 100; // how many sources the list shows before more are asked for
let index = null, seen = null, timer, silent = false, turn = Promise.resolve();
let rows = [], conditions = {}, changed = "", most = ROWS;
function look(what = "status") { // one call at a time, so that an older state never comes after a newer one
  turn = turn.then(async () => {
    clearTimeout(timer);
    const state = await call(what, { index, seen });
    if (state) show(state); // gradio gives undefined where the call failed
    if (!state !== silent) say((silent = !state) ? t("page.gone") : "", true);
    // With a new list, the server has only begun to look what has become of the files.
    if (!document.hidden) timer = setTimeout(() => look(), running || state?.rows ? 400 : 4000);
  });
  return turn;
}
function show(state) {
  const before = index;
  showRebuild(state, before);
  if ("changed" in state) ({ changed } = state);
  fill($("#changed", element), state.trouble ?? (state.running ? "" : changed));
  index = state.index;
  if ("seen" in state) {
    ({ seen, conditions } = state);
    holdFocus(() => showApart(state.files + state.trash));
  }
  if ("rows" in state) {
    ({ rows } = state);
    holdFocus(drawRows);
    Promise.resolve(showScope()).then(glance);
  } else if ("seen" in state) itemsOf().forEach(showCondition);
  if (again && !running) { again = false; look("rebuild"); }
}
function drawRows() {
  const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = wanted.length ? rows.filter((row) => wanted.every((word) => row.words.includes(word))) : rows;
  const shown = $("#shown", element), more = found.length > most;
  list.innerHTML = `<ul class="sources">${found.slice(0, most).map((row) => row.html).join("")}</ul>`;
  for (const row of itemsOf()) {
    showCondition(row);
    $("[data-do=only]", row).setAttribute("aria-pressed", filters.sources.includes(row.dataset.source));
  }
  if (more) list.insertAdjacentHTML("beforeend", '<button type="button" class="plain-button" data-do="more-sources"></button>');
  if (more) list.lastChild.textContent = t("library.show_more", { n: Math.min(ROWS, found.length - most).toLocaleString(language) });
  const words = wanted.length ? t("library.found", { n: found.length.toLocaleString(language), sources: count("source", rows.length) }) : count("source", rows.length);
  if (shown.textContent !== words) shown.textContent = words;
}
const itemsOf = () => $$(".sources > li", list); // not those of reasons within them
function showCondition(row) {
  fill($(".condition", row), conditions[row.dataset.source] ?? "");
}
function fill(place, html) { // only with what is new, so that nothing is read out twice or loses its state
  if (place.shown === html) return false;
  place.innerHTML = place.shown = html;
  return true;
}
function showApart(html) {
  const open = $$("details[open]", apart).map((group) => group.dataset.group);
  if (!fill(apart, html)) return;
  for (const group of $$("details", apart)) group.open = open.includes(group.dataset.group);
}
function holdFocus(change) { // through a change of the panel, also where the button that has it is replaced
  const at = document.activeElement;
  const within = element.contains(at) && at.dataset.do ? { ...at.dataset } : null;
  change();
  if (within && !at.isConnected) focusOn(within);
}
function focusOn({ do: name, ...data }) { // the button that does it to the same thing, else the head of the panel
  const same = (button) => Object.keys(data).every((key) => button.dataset[key] === data[key]);
  const button = $$(`[data-do="${name}"]`, element).find((each) => each.checkVisibility() && same(each));
  (button ?? $("#library-title", element)).focus({ preventScroll: true });
}
filter.addEventListener("input", () => { most = ROWS; drawRows(); });
document.addEventListener("visibilitychange", () => document.hidden || look());

// ----- the rebuild: how far it is, and what it did
const rebuilding = $("#rebuild-progress", element), outcome = $("#rebuild-status", element);
let running = false;
let again = false; // something changed while a rebuild was running, which may not have seen it
let run = null; // the last rebuild whose end need not be told
function showRebuild(state, before) {
  if (run === null) run = state.running ? state.run - 1 : state.run;
  rebuilding.hidden = !state.running;
  if (state.running) {
    const { stage, figures, done, total } = state.progress, bar = $("progress", rebuilding);
    const [first, second] = $$("span", rebuilding);
    if (first.textContent !== stage) first.textContent = stage;
    second.textContent = figures;
    bar.setAttribute("aria-label", stage);
    if (total) { bar.max = total; bar.value = done; } else bar.removeAttribute("value");
    if (!running) { outcome.replaceChildren(); say(t("library.rebuilding")); }
  } else if (state.run !== run) {
    run = state.run;
    outcome.innerHTML = state.outcome;
    say($(":is(summary, .notice)", outcome)?.textContent ?? "");
  } else if (before !== null && state.index !== before) say(t("library.rebuilt_elsewhere"));
  running = state.running;
  const button = $(".finder :is([data-do=rebuild], [data-do=cancel])", element); // one button, so that it keeps the focus
  button.dataset.do = running ? "cancel" : "rebuild";
  const words = t(running ? "library.cancel" : "library.rebuild");
  if (button.textContent !== words) button.textContent = words;
}
function rebuildSoon() {
  again = running;
  if (!running) look("rebuild");
}

// ----- the library at a glance: asked for when there is nothing else to do
const overview = $("#overview", element);
let ofIndex = null; // the index that it shows
function glance() {
  (window.requestIdleCallback ?? setTimeout)(async () => {
    await asking?.ended;
    const found = await call("overview");
    if (!found || found.index === ofIndex) return;
    ofIndex = found.index;
    holdFocus(() => { overview.innerHTML = found.html; });
    const whole = $("details", overview);
    if (!whole) return;
    whole.open = recall("overview") !== "closed";
    whole.addEventListener("toggle", () => store("overview", whole.open ? "open" : "closed"));
  });
}
const barOf = ({ target }) => target.closest?.(".years button");
function showFigure(event) { // of the bar under the pointer or the focus
  const bar = barOf(event), figure = $(".figure", overview);
  if (bar || event.target.closest?.(".years") === null) figure && (figure.textContent = bar?.ariaLabel ?? figure.dataset.words);
}
for (const kind of ["pointerover", "pointerout", "focusin", "focusout"]) overview.addEventListener(kind, (event) => showFigure(kind.endsWith("out") ? { target: overview } : event));
overview.addEventListener("keydown", (event) => { // one stop for the keyboard; the arrows go from bar to bar
  const bar = barOf(event), bars = bar && [...bar.parentElement.children];
  const to = { ArrowLeft: bar?.previousElementSibling, ArrowRight: bar?.nextElementSibling, Home: bars?.[0], End: bars?.at(-1) }[event.key];
  if (!to) return;
  event.preventDefault();
  bar.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
});

act({
  cancel: () => { again = false; look("cancel"); },
  dismiss: () => { outcome.replaceChildren(); $(".finder [data-do=rebuild]", element)?.focus(); },
  "more-sources": () => {
    const at = itemsOf().length;
    most += ROWS;
    drawRows();
    $(".source", itemsOf()[at])?.focus();
  },
  rebuild: () => look("rebuild"),
});

