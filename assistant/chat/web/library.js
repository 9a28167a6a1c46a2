// ----- the list of sources, the rebuild, and the index that the page shows
const list = $("#source-list", element), filter = $("#filter", element);
let index = null, running = false, timer, silent = false, shownStatus = "", turn = Promise.resolve();
function look(what = "status") { // one call at a time, so that an older state never comes after a newer one
  turn = turn.then(async () => {
    clearTimeout(timer);
    const state = await call(what, { index });
    if (state) show(state); // gradio gives undefined where the call failed
    if (!state !== silent) say((silent = !state) ? "The assistant does not answer. Is it still running?" : "", true);
    if (!document.hidden) timer = setTimeout(() => look(), running ? 400 : 4000);
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
    showScope();
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
async function addFiles(chosen) {
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
  await addFiles(chosen);
});

Object.assign(actions, { add: () => files.click(), cancel: () => look("cancel"), rebuild: () => look("rebuild") });

