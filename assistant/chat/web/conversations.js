// ----- the list of kept conversations: a dialog, in which they are found, opened, renamed and deleted
const keptDialog = () => $("#conversations");
let items = []; // the conversations as they are listed, the last changed first
const deletedItems = new Map(); // what was deleted since the list was opened, with all that was in it, to be put back

async function listConversations() {
  const names = new Map((await keptIn("conversations")).map(({ id, name }) => [id, name])), found = new Map();
  for (const entry of await keptIn("entries")) {
    if (!found.has(entry.conversation)) found.set(entry.conversation, []);
    found.get(entry.conversation).push(entry);
  }
  return [...found].map(([id, entries]) => {
    entries.sort((one, other) => one.at - other.at);
    return { id, entries, name: names.get(id) ?? entries[0].question, changed: entries.at(-1).at };
  });
}
async function drawList() {
  const listed = await listConversations(), there = new Set(listed.map(({ id }) => id));
  const gone = [...deletedItems.values()].map(({ item }) => item).filter(({ id }) => !there.has(id));
  items = [...listed, ...gone].sort((one, other) => other.changed - one.changed);
  for (const item of items) item.searched = [item.name, ...item.entries.flatMap(({ question, words }) => [question, words ?? ""])].join("\n").toLowerCase();
  const midnight = new Date().setHours(0, 0, 0, 0), day = 86400000;
  const groups = [["keep.today", midnight], ["keep.week", midnight - 6 * day], ["keep.before", -Infinity]];
  const parts = groups.map(([key, since], n) => {
    const part = document.createElement("section"), head = document.createElement("h3"), rows = document.createElement("ul");
    head.textContent = t(key);
    rows.append(...items.filter(({ changed }) => changed >= since && (n === 0 || changed < groups[n - 1][1])).map(drawRow));
    part.append(head, rows);
    return part;
  });
  $("#kept-list").replaceChildren(...parts);
  $("#kept-unsaved").hidden = !keepsNothing();
  $("[data-do=save-all]", keptDialog()).disabled = !listed.length;
  siftList();
}
const inWords = (options) => new Intl.DateTimeFormat(language, options); // made once, as that takes long
const [ofToday, ofThisYear, ofBefore] = [{ timeStyle: "short" }, { day: "numeric", month: "short" }, { dateStyle: "medium" }].map(inWords);
function whenShown(then) {
  const now = new Date();
  if (then.toDateString() === now.toDateString()) return ofToday.format(then);
  return (then.getFullYear() === now.getFullYear() ? ofThisYear : ofBefore).format(then);
}
function drawRow(item) {
  const row = document.importNode($("#kept-row").content, true).firstElementChild;
  const [open, rename, erase] = $$("button", row), then = new Date(item.changed), time = $("time", row);
  row.dataset.id = item.id;
  open.setAttribute("aria-current", item.id === conversation.id);
  $(".kept-name", row).textContent = item.name;
  time.dateTime = then.toISOString();
  time.textContent = whenShown(then);
  $(".kept-count", row).textContent = count("question", item.entries.length);
  for (const [button, key] of [[rename, "keep.rename"], [erase, "keep.delete"]]) {
    button.title = t(key);
    button.setAttribute("aria-label", t("keep.named", { what: t(key), name: item.name }));
  }
  if (deletedItems.has(item.id)) fillRow(row, t("keep.deleted", { name: item.name }), [["keep.undo", "undo-delete"]]);
  return row;
}
function fillRow(row, words, buttons) { // what is asked or said in a row's place
  const said = document.createElement("p");
  said.dir = "auto";
  said.textContent = words;
  row.replaceChildren(said, ...buttons.map(([key, does]) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "text-button", textContent: t(key) });
    button.dataset.do = does;
    return button;
  }));
  row.classList.add("kept-said");
}
function redrawRow(id, focused) {
  const row = drawRow(items.find((item) => item.id === id));
  $(`.kept-row[data-id="${id}"]`)?.replaceWith(row);
  siftList();
  $(focused, row)?.focus();
}
function siftList() {
  const searched = $("#kept-search").value.toLowerCase().split(/\s+/).filter(Boolean), has = (text) => searched.every((word) => text.includes(word));
  const rows = new Map($$(".kept-row", keptDialog()).map((row) => [row.dataset.id, row]));
  for (const item of items) {
    const row = rows.get(item.id), hit = $(".kept-hit", row);
    row.hidden = !has(item.searched);
    if (!hit) continue;
    const asked = searched.length && !row.hidden && !has(item.name.toLowerCase()) && item.entries.find(({ question, words }) => has(`${question}\n${words ?? ""}`.toLowerCase()));
    hit.textContent = asked ? asked.question : "";
  }
  for (const part of $$("#kept-list section")) part.hidden = !$(".kept-row:not([hidden])", part);
  const left = items.filter(({ id }) => !rows.get(id).hidden && !deletedItems.has(id)).length, all = items.filter(({ id }) => !deletedItems.has(id)).length;
  $("#kept-shown").textContent = !all ? t("keep.none") : searched.length ? t("keep.found", { left: left.toLocaleString(language), all: count("conversation", all) }) : count("conversation", all);
}
const idOf = (node) => node.closest(".kept-row").dataset.id;
const itemOf = (node) => items.find(({ id }) => id === idOf(node));

async function showList() {
  deletedItems.clear();
  $("#kept-search").value = $("#kept-told").textContent = "";
  await drawList();
  if (!keptDialog().open) keptDialog().showModal();
  $("#kept-list").scrollTop = 0;
  $("#kept-search").focus();
}
inOtherTabs.addEventListener("message", ({ data }) => {
  if (data.deleted === conversation.id) conversation.gone = true; // it is kept again with the next question
  if (keptDialog()?.open && !$(".kept-input")) drawList();
});
document.addEventListener("input", ({ target }) => target.id === "kept-search" && siftList());
document.addEventListener("pointerdown", ({ target }) => { if (target === keptDialog()) keptDialog().close(); }); // beside the dialog

// ----- renamed in its row: Enter keeps the name, Escape the one before
function rename(button) {
  const row = button.closest(".kept-row"), item = itemOf(button), input = document.createElement("input");
  Object.assign(input, { className: "kept-input", value: item.name, dir: "auto", maxLength: 200 });
  input.setAttribute("aria-label", t("keep.name"));
  row.replaceChildren(input);
  input.select();
  let done = false;
  const end = async (keeps, focused) => {
    if (done) return;
    done = true;
    const name = input.value.trim();
    if (keeps && name !== item.name) {
      item.name = name || item.entries[0].question; // without a name it is called by its first question again
      await putKept(name ? { conversations: [{ id: item.id, name }] } : {}, name ? {} : { conversations: [item.id] });
    }
    redrawRow(item.id, focused);
  };
  input.addEventListener("blur", () => end(true));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault(); // the dialog stays open
    event.stopPropagation();
    end(event.key === "Enter", ".kept-tools button");
  });
}

// ----- deleted when it was asked whether to; it can be put back as long as the list is open
async function deleteConversation(button) {
  const item = itemOf(button), { id } = item;
  const held = { item, current: id === conversation.id };
  if (held.current) await (shownYet = startOver());
  const [entries, records, conversations] = [await keptIn("entries", id), await keptIn("records", id), (await keptIn("conversations")).filter((each) => each.id === id)];
  deletedItems.set(id, { ...held, puts: { entries, records, conversations } });
  await putKept({}, { entries: entries.map((each) => each.id), records: records.map((each) => each.id), conversations: [id] }, { deleted: id });
  redrawRow(id, "button");
}
async function undoDelete(button) {
  const id = idOf(button), { puts, current } = deletedItems.get(id);
  await putKept(puts);
  deletedItems.delete(id);
  if (current && !conversation.entries.length) shownYet = openConversation(id);
  redrawRow(id, ".kept-open");
}
document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.(".kept-row.kept-said");
  if (event.key !== "Escape" || !row || deletedItems.has(row.dataset.id)) return;
  event.preventDefault();
  redrawRow(row.dataset.id, "[data-do=delete-kept]");
});

// ----- all of them as one file, which can be loaded again, in this browser or another
const BACKUP = "assistant-conversations";
async function saveAll() {
  const parts = [];
  for (const { id, name, entries } of (await listConversations()).sort((one, other) => one.changed - other.changed)) {
    const records = new Map((await keptIn("records", id)).map((each) => [each.id, each.record]));
    const plain = entries.map(({ conversation: _, answered: __, words: ___, ...entry }) => ({ ...entry, record: records.get(entry.id) }));
    parts.push(JSON.stringify({ id, name: name === entries[0].question ? undefined : name, entries: plain }));
  }
  const now = new Date(), file = `${BACKUP}-${now.toLocaleDateString("sv")}.json`;
  download(new Blob([`{"format": "${BACKUP}", "version": 1, "saved": "${now.toISOString()}", "conversations": [\n`, parts.join(",\n"), "\n]}\n"], { type: "application/json" }), file);
  $("#kept-told").textContent = t("keep.saved", { conversations: count("conversation", parts.length), file });
}
async function loadAll(file) {
  const told = (key, values = {}) => { $("#kept-told").textContent = t(key, { file: file.name, ...values }); };
  let held = null;
  try { held = JSON.parse(await file.text()); } catch { return told("keep.load_foreign"); }
  if (held?.format !== BACKUP || !Array.isArray(held.conversations)) return told("keep.load_foreign");
  if (held.version !== 1) return told("keep.load_version", { version: held.version });
  const there = new Set((await keptIn("entries")).map(({ id }) => id)), named = new Set((await keptIn("conversations")).map(({ id }) => id));
  let added = 0, damaged = 0;
  for (const each of held.conversations) {
    const sound = loadedEntries(each), fresh = sound.filter(({ entry }) => !there.has(entry.id)); // what is here stays as it is
    damaged += sound.length ? each.entries.length - sound.length : 1;
    if (!fresh.length) continue;
    added += 1;
    const name = typeof each.name === "string" && each.name.trim() && !named.has(each.id) ? [{ id: each.id, name: each.name.trim().slice(0, 200) }] : [];
    const records = fresh.filter(({ record }) => record).map(({ entry, record }) => ({ id: entry.id, conversation: each.id, record }));
    await putKept({ conversations: name, entries: fresh.map(({ entry }) => entry), records });
    fresh.forEach(({ entry }) => there.add(entry.id));
  }
  await drawList();
  told(damaged ? "keep.loaded_partly" : "keep.loaded", { conversations: count("conversation", added), damaged: damaged.toLocaleString(language) });
}
function loadedEntries(held) { // those of a loaded conversation that have the form of entries; the server judges their records
  const isId = (value) => typeof value === "string" && /^[0-9a-f]{16}$/.test(value), isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isId(held?.id) || !Array.isArray(held.entries)) return [];
  const sound = held.entries.filter((entry) => isId(entry?.id) && Number.isFinite(entry.at) && Math.abs(entry.at) < 8.64e15 && typeof entry.question === "string" && entry.question.trim());
  return sound.map(({ id, at, question, filters, alone, failure, feedback, record }) => {
    const entry = { id, conversation: held.id, at, question, filters: isObject(filters) ? filters : {}, alone: alone === true };
    if (typeof failure === "string") entry.failure = failure;
    if (feedback !== undefined) entry.feedback = feedback;
    if (!isObject(record)) return { entry };
    return { entry: Object.assign(entry, { answered: true, words: statementsOf(record) }), record };
  });
}
document.addEventListener("change", async ({ target }) => {
  if (target.id !== "kept-file" || !target.files.length) return;
  const [file] = target.files;
  await loadAll(file);
  target.value = ""; // the same file may be chosen again
});

act({
  conversations: showList,
  rename,
  "close-kept": () => keptDialog().close(),
  "open-kept": (button) => {
    const id = idOf(button);
    keptDialog().close();
    if (id !== conversation.id) shownYet = openConversation(id);
    if (!wide.matches) closePanel();
    box().focus();
  },
  "delete-kept": (button) => {
    const row = button.closest(".kept-row"), item = itemOf(button);
    fillRow(row, t("keep.delete_ask", { name: item.name, questions: count("question", item.entries.length) }), [["keep.delete", "delete-sure"], ["keep.cancel", "delete-not"]]);
    $("button", row).focus();
  },
  "delete-sure": deleteConversation,
  "delete-not": (button) => redrawRow(idOf(button), "[data-do=delete-kept]"),
  "undo-delete": undoDelete,
  "save-all": saveAll,
  "load-all": () => $("#kept-file").click(),
});
