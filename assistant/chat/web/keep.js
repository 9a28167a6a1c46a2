// ----- the conversation: what was asked, in order; each entry has the id of its answer
let conversation = { id: newId(), entries: [] };
const records = new Map(); // the answers in full, by id, as the server takes them back

function remember(entry) { // an entry is kept when it is asked, and again when it is answered
  if (!conversation.entries.includes(entry)) conversation.entries.push(entry);
}
async function keepRecord(id) {
  const found = await call("records", { ids: [id] });
  if (found?.[id]) records.set(id, found[id]);
}
// The entries as the server knows them; it is sent the records of those that it does not hold any more.
const sent = () => conversation.entries.map(({ id, question, filters, failure }) => ({ id, question, filters, failure }));
async function sendRecords() {
  const wanted = conversation.entries.filter((entry) => entry.failure === undefined);
  return call("keep", { records: Object.fromEntries(wanted.map(({ id }) => [id, records.get(id)])) });
}
function startOver() {
  conversation = { id: newId(), entries: [] };
  showConversation();
  body.classList.remove("talking");
}
actions.new = () => {
  if (asking) stop();
  startOver();
  if (!wide.matches) closePanel();
  box().focus();
};

