// ----- what changes the library: sources that are removed, put back and described
const dialog = $("#library-dialog", element), said = $("#library-said", element);
let opened = null; // the button that opened the dialog
function tell(words, act, trouble = false) { // in place, with what can be done about it
  const line = document.createElement("p");
  if (trouble) line.className = "notice";
  line.dir = "auto";
  line.textContent = words;
  if (act) line.append(" ", act);
  said.replaceChildren(line, buttonOf("quiet-button", "heard", t("library.dismiss")));
}
function buttonOf(style, does, words, data = {}) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = style;
  made.textContent = words;
  Object.assign(made.dataset, { do: does, ...data });
  return made;
}
const changing = new Set(); // what the server is asked to do: a second click asks nothing
async function change(name, data) { // what the server did, or undefined once it is said why it did nothing
  const asked = JSON.stringify([name, data]);
  if (changing.has(asked)) return;
  changing.add(asked);
  const done = await call(name, data);
  changing.delete(asked);
  if (done && !done.reason) return done;
  tell(done?.reason ?? t("page.gone"), null, true);
}
function openDialog(from) {
  opened = { ...from.dataset };
  if (!dialog.open) dialog.showModal();
}
dialog.addEventListener("close", () => { // the focus goes back to where it was, or to what stands there now
  if (!dialog.contains(document.activeElement) && document.activeElement !== body) return;
  focusOn(opened);
});
dialog.addEventListener("keydown", (event) => { if (event.key === "Escape") event.stopPropagation(); }); // the panel stays open
dialog.addEventListener("click", ({ target }) => { if (target === dialog && !$("form", dialog)) dialog.close(); }); // a form keeps what was typed

function paragraph(words, style = "") {
  return Object.assign(document.createElement("p"), { textContent: words, className: style, dir: "auto" });
}
async function askToRemove(button) {
  const { source } = button.dataset, found = await change("going", { source });
  if (!found) return;
  const heading = Object.assign(document.createElement("h3"), { id: "library-dialog-title", textContent: t("library.remove_title", { title: found.title }), dir: "auto" });
  const more = [];
  if (found.others.length) more.push(paragraph(t("library.remove_others", { file: found.file, others: found.others.join(", ") })));
  if (found.beside.length) more.push(paragraph(t("library.remove_beside", { files: found.beside.join(", ") })));
  const buttons = document.createElement("div"), cancel = buttonOf("plain-button", "closed", t("library.cancel"));
  buttons.className = "buttons";
  buttons.append(cancel, buttonOf("main-button", "removed", t("library.remove"), { source, title: found.title }));
  dialog.replaceChildren(heading, paragraph(t("library.remove_where", { file: found.file })), ...more, buttons);
  openDialog(button);
  cancel.focus();
}
async function removed({ dataset: { source, title } }) {
  dialog.close(); // at once, so that it is not removed twice
  const done = await change("remove", { source });
  if (!done) return;
  tell(t("library.removed_now", { title }), buttonOf("text-button", "back", t("library.undo"), { removal: done.removal }));
  $("[data-do=back]", said).focus();
  rebuildSoon();
}
async function putBack({ dataset: { removal } }) {
  const done = await change("put_back", { removal });
  if (!done) return;
  tell(t("library.back_now", { files: done.files.join(", ") }));
  $("#library-title", element).focus({ preventScroll: true });
  rebuildSoon();
}

// ----- what is known of a source: a form, saved beside the document
async function openDetails(button) {
  const found = await change("details", { source: button.dataset.source });
  if (!found) return;
  dialog.innerHTML = found.html;
  openDialog(button);
  const empty = $$("input, textarea", dialog).find((field) => !field.value);
  (empty ?? $("input", dialog)).focus();
}
function wrongField(name, words) {
  const field = $(`[name="${name}"]`, dialog), alert = $("form > .notice", dialog);
  alert.hidden = Boolean(field);
  if (!field) { alert.textContent = words; return; }
  field.setAttribute("aria-invalid", "true");
  $(`#error-${name}`, dialog).textContent = words;
  field.focus();
}
async function saveDetails(form) {
  const fields = $$("input, textarea", form);
  for (const field of fields) { field.removeAttribute("aria-invalid"); $(`#error-${field.name}`, form).textContent = ""; }
  const filled = fields.filter((field) => field.value.trim() !== field.defaultValue.trim());
  const emptied = filled.find((field) => !field.value.trim());
  if (emptied) return wrongField(emptied.name, t("library.not_emptied"));
  if (!filled.length) return wrongField("", t("library.nothing_new"));
  const values = Object.fromEntries(filled.map((field) => [field.name, field.value]));
  const done = await call("describe", { source: form.dataset.source, values });
  if (!done || done.reason) return wrongField(done?.field, done?.reason ?? t("page.gone"));
  dialog.close();
  tell(t("library.described", { file: done.file }));
  rebuildSoon();
}
dialog.addEventListener("submit", (event) => { event.preventDefault(); saveDetails(event.target); });

act({
  back: putBack,
  closed: () => dialog.close(),
  details: openDetails,
  heard: () => { said.replaceChildren(); $("#library-title", element).focus({ preventScroll: true }); },
  remove: askToRemove,
  removed,
});

