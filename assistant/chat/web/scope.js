// ----- what is searched: the filters that are chosen, stated by the question box
const empty = () => ({ sources: [], tags: [], publishers: [], after: "", before: "" });
let filters = empty();
try { filters = { ...filters, ...JSON.parse(sessionStorage.getItem("assistant-filters")) }; } catch { /* none are kept */ }
const chosen = () => structuredClone(filters);
let scoped = 0; // counts the changes, so that a slow reply to an older one is passed over

async function narrowTo(changed) {
  filters = { ...empty(), ...changed };
  try { sessionStorage.setItem("assistant-filters", JSON.stringify(filters)); } catch { /* a private window keeps nothing */ }
  await showScope();
}
async function showScope() {
  const now = ++scoped, found = await call("scope", { filters });
  if (!found || now !== scoped) return;
  $("#scope").innerHTML = found.words;
  showChoices(found.choices);
  const only = new Set(filters.sources);
  for (const button of $$("[data-do=only]")) button.setAttribute("aria-pressed", only.has(button.dataset.source));
  const welcome = await call("suggest", { filters });
  if (welcome !== undefined && now === scoped) $(".welcome").innerHTML = welcome;
}
function showChoices(html) { // what is being typed or has the focus stays
  const place = $("#filters"), open = $(".narrow", place)?.open ?? false, held = document.activeElement;
  if (place.contains(held) && held.matches("[data-filter]")) return;
  place.innerHTML = html;
  $(".narrow", place)?.toggleAttribute("open", open);
}
function unfilter({ field, value }) {
  narrowTo({ ...filters, [field]: Array.isArray(filters[field]) ? filters[field].filter((each) => each !== value) : "" });
}
document.addEventListener("change", ({ target }) => {
  const field = target.dataset.filter;
  if (!field) return;
  if (target.type !== "checkbox") return narrowTo({ ...filters, [field]: target.value.trim() });
  const others = filters[field].filter((each) => each !== target.value);
  narrowTo({ ...filters, [field]: target.checked ? [...others, target.value] : others });
});
act({
  all: () => { narrowTo({}).then(() => showFilters()); box().focus(); },
  narrow: (button) => {
    showLibrary(button);
    const choices = $("#filters .narrow");
    if (choices) { choices.open = true; $("summary", choices).focus(); }
  },
  only: (button) => {
    const { source } = button.dataset, already = filters.sources.length === 1 && filters.sources[0] === source;
    narrowTo({ ...filters, sources: already ? [] : [source] });
    if (!already) { if (!wide.matches) closePanel(); box().focus(); }
  },
  unfilter: (button) => { unfilter(button.dataset); box().focus(); },
  years: (button) => {
    const { from, to } = button.dataset, already = filters.after === from && filters.before === to;
    narrowTo({ ...filters, after: already ? "" : from, before: already ? "" : to });
  },
  name: (button) => { // in the form that is known to ask for an overview
    if (!wide.matches) closePanel();
    ask(`What do the sources say about ${button.dataset.name}?`);
    box().focus();
  },
});
function showFilters() { // in the fields, when they were changed elsewhere
  for (const field of $$("[data-filter]")) {
    const value = filters[field.dataset.filter];
    field.type === "checkbox" ? field.checked = value.includes(field.value) : field.value = value;
  }
}

