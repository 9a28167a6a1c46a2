// ----- what this browser keeps, and nothing else does: entries (a question with its id), the records of their answers,
// and the names that conversations were given. They are objects of their own, so that two tabs never replace each other's.
const STORES = ["conversations", "entries", "records"];
const unsaved = Object.fromEntries(STORES.map((name) => [name, new Map()])); // what could not be kept lasts as the page does
const inOtherTabs = new BroadcastChannel("assistant");
const database = new Promise((resolve) => {
  const failed = (error) => { console.warn("conversations are not kept:", error); resolve(null); };
  try { // some browsers refuse it in a private window
    const opening = indexedDB.open("assistant", 1);
    opening.onupgradeneeded = () => STORES.forEach((name) => opening.result.createObjectStore(name, { keyPath: "id" }).createIndex("conversation", "conversation"));
    opening.onsuccess = () => { opening.result.onversionchange = () => opening.result.close(); resolve(opening.result); };
    opening.onerror = () => failed(opening.error);
  } catch (error) { failed(error); }
});
async function transact(mode, work) { // what `work` returns, once all that it did is done
  const held = await database;
  if (!held) return null;
  return new Promise((resolve) => {
    const failed = (error) => { console.warn("conversations are not kept:", error); resolve(null); };
    try {
      const transaction = held.transaction(STORES, mode), result = work((name) => transaction.objectStore(name));
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = () => failed(transaction.error); // the disk is full, say
    } catch (error) { failed(error); }
  });
}
async function keptIn(name, conversation) { // the objects of a store: all, or those of a conversation
  const request = await transact("readonly", (store) => (conversation ? store(name).index("conversation").getAll(conversation) : store(name).getAll()));
  const mine = [...unsaved[name].values()].filter((each) => !conversation || each.conversation === conversation);
  return [...new Map([...(request?.result ?? []), ...mine].map((each) => [each.id, each])).values()];
}
async function recordsOf(ids) { // those that are kept
  const requests = await transact("readonly", (store) => ids.map((id) => store("records").get(id)));
  return ids.map((id, n) => unsaved.records.get(id) ?? requests?.[n].result).filter(Boolean);
}
async function putKept(puts, deleted = {}, told = {}) { // all or nothing; what could not be kept before is tried again
  const all = Object.fromEntries(STORES.map((name) => [name, new Map([...unsaved[name], ...(puts[name] ?? []).map((each) => [each.id, each])])]));
  for (const name of STORES) for (const id of deleted[name] ?? []) all[name].delete(id);
  const done = await transact("readwrite", (store) => {
    for (const name of STORES) {
      for (const each of all[name].values()) store(name).put(each);
      for (const id of deleted[name] ?? []) store(name).delete(id);
    }
    return true;
  });
  for (const name of STORES) {
    for (const id of deleted[name] ?? []) unsaved[name].delete(id);
    for (const [id, each] of all[name]) done ? unsaved[name].delete(id) : unsaved[name].set(id, each);
  }
  if (!done) warnUnsaved();
  inOtherTabs.postMessage(told);
}
const keepsNothing = () => STORES.some((name) => unsaved[name].size > 0);
let warned = false;
function warnUnsaved() {
  if (!warned) trouble(t("keep.unsaved"));
  warned = true;
}

// ----- the conversation on the page: `from` is the first of its entries that is shown
const PORTION = 30; // entries that are shown at once: all of them go to the server and back with each question
const freshConversation = () => ({ id: newId(), entries: [], from: 0 });
let conversation = freshConversation();
let shownYet = Promise.resolve(); // settled when the conversation is on the page
let withdrawn = null; // a question that is in the box again: kept until another is asked
const refused = new Map(); // why an answer that was kept cannot be shown, by id

function remember(entry) { // an entry is kept when it is asked, and again when it is answered
  if (!entry.conversation) {
    entry.conversation = conversation.id;
    conversation.entries.push(entry);
    if (conversation.entries.length - conversation.from > 2 * PORTION) conversation.from = conversation.entries.length - PORTION;
    showEarlierCount();
    const deleted = withdrawn ? { entries: [withdrawn] } : {}, puts = conversation.gone ? conversation.entries : [entry];
    if (conversation.gone) conversation.entries.filter(({ answered }) => answered).forEach(keepRecord);
    conversation.gone = false;
    withdrawn = null;
    return putKept({ entries: puts }, deleted);
  }
  return putKept({ entries: [entry] });
}
function withdraw(entry) {
  conversation.entries = conversation.entries.filter((each) => each !== entry);
  withdrawn = entry.id;
}
const statementsOf = (record) => [record.statements].flat().map((each) => String(each?.text ?? "")).join("\n"); // to be searched
async function keepRecord(entry) {
  const record = (await call("records", { ids: [entry.id] }))?.[entry.id];
  if (!record) return;
  Object.assign(entry, { answered: true, words: statementsOf(record) });
  await putKept({ entries: [entry], records: [{ id: entry.id, conversation: entry.conversation, record }] });
}
const failureOf = (entry) => refused.get(entry.id) ?? entry.failure ?? (entry.answered ? undefined : "");
// The entries as the server knows them; it is sent the records of those that it does not hold any more.
const shownEntries = () => conversation.entries.slice(conversation.from).filter((entry) => entry !== asking?.entry);
const sent = () => shownEntries().map((entry) => ({ id: entry.id, question: entry.question, filters: entry.filters, failure: failureOf(entry) }));
const answeredIds = (entries) => entries.filter((entry) => failureOf(entry) === undefined).map((entry) => entry.id);
async function sendRecords(ids = answeredIds(shownEntries())) {
  const wanted = (await call("keep", { ids }))?.wanted ?? [];
  for (let first = 0; first < wanted.length; first += 20) { // a record has some 30 KB
    const part = wanted.slice(first, first + 20), found = await recordsOf(part);
    const reply = await call("keep", { records: Object.fromEntries(found.map(({ id, record }) => [id, record])) });
    for (const { id, reason } of reply?.refused ?? []) refused.set(id, t("keep.refused", { reason }));
    for (const id of part) if (!found.some((each) => each.id === id)) refused.set(id, t("keep.lost"));
  }
}
function arrivesOnPage(arrivedYet) { // or five seconds: the server may be gone
  return new Promise((resolve) => {
    const done = () => { watching.disconnect(); resolve(); };
    const watching = new MutationObserver(() => arrivedYet() && done());
    watching.observe(talk, { childList: true, subtree: true });
    setTimeout(done, 5000);
    if (arrivedYet()) done();
  });
}
async function showConversation() {
  showEarlierCount();
  if (!await alive()) return; // it is shown with the next question
  await sendRecords();
  const entries = sent(), ends = [entries[0], entries.at(-1)];
  trigger("opened", { entries, language });
  await arrivesOnPage(() => (entries.length ? ends.every(({ id }) => $(`#chat .answer[data-answer="${id}"]`)) : !$("#chat .user-row")));
}
async function leave() { // a question under way, and those that wait for it, stay in their conversation, to be asked again
  const left = [...waiting];
  waiting.clear();
  if (asking && !asking.given) stopped = asking.entry.id;
  asking?.outcome("left");
  await asking?.ended;
  left.forEach(remember);
}
async function openConversation(id) {
  body.classList.add("talking"); // the welcome does not flash
  await leave();
  const entries = (await keptIn("entries", id)).filter((entry) => entry.id !== withdrawn).sort((one, other) => one.at - other.at);
  conversation = { id, entries, from: Math.max(0, entries.length - PORTION) };
  await showConversation();
  body.classList.toggle("talking", entries.length > 0);
}
async function startOver() {
  await leave();
  conversation = freshConversation();
  body.classList.remove("talking");
  await showConversation();
}

// ----- a tab that is loaded again shows its conversation, and has in the box what was there
addEventListener("pagehide", () => {
  const draft = [...[...waiting].map(({ question }) => question), box().value].filter(Boolean).join("\n");
  const tab = { id: conversation.entries.length || withdrawn ? conversation.id : null, draft, alone, withdrawn };
  try { sessionStorage.setItem("assistant-tab", JSON.stringify(tab)); } catch { /* a private window keeps nothing */ }
});
function comeBack(toConversation) {
  let tab = null;
  try { tab = JSON.parse(sessionStorage.getItem("assistant-tab")); } catch { /* a private window keeps nothing */ }
  if (tab?.draft) { type(tab.draft); [alone, withdrawn] = [tab.alone, tab.withdrawn]; }
  if (tab?.id && toConversation) shownYet = openConversation(tab.id);
}
act({ new: () => {
  shownYet = startOver();
  if (!wide.matches) closePanel();
  box().focus();
} });

// ----- of a long conversation the last entries are shown; earlier ones when they are asked for
const earlier = document.createElement("div");
earlier.id = "earlier";
earlier.innerHTML = '<span></span><button type="button" class="text-button" data-do="earlier"></button>';
function showEarlierCount() {
  if (!earlier.isConnected) $("#chat")?.before(earlier);
  earlier.hidden = conversation.from === 0;
  $("span", earlier).textContent = t("keep.earlier", { questions: count("question", conversation.from) });
  $("button", earlier).textContent = t("keep.earlier_show");
}
act({ earlier: async () => {
  await asking?.ended; // to show more ends the answering
  const before = conversation.from;
  conversation.from = Math.max(0, before - PORTION);
  shownYet = showConversation();
  await shownYet;
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))); // the page goes to the last question first
  $$("#chat .user-row")[before - conversation.from]?.scrollIntoView({ block: "start" });
  if (earlier.hidden) $("#chat [role=log]").focus({ preventScroll: true });
} });
