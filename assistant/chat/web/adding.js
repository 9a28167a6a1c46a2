// ----- documents that are added: chosen or dropped, sent one after another, then the index is rebuilt
const files = $("#files", element), adding = $("#adding", element);
const LARGEST = Number(files.dataset.largest), MOST = Number(files.dataset.most);
let sending = null; // the request under way
let stopping = false;
let batch = Promise.resolve(); // those that come while others are sent wait for them
function addFiles(chosen) {
  if (chosen.length > MOST) return tell(t("library.too_many", { n: chosen.length.toLocaleString(language), most: MOST }), null, true);
  if (chosen.length) batch = batch.then(() => sendAll(chosen));
}
async function sendAll(chosen) {
  stopping = false;
  const heading = document.createElement("p"), lines = document.createElement("ul");
  heading.setAttribute("role", "status");
  adding.replaceChildren(heading, buttonOf("quiet-button", "halt", t("library.stop")), lines);
  const all = chosen.map((file) => lineOf(file, lines));
  for (const [number, line] of all.entries()) {
    heading.textContent = t("library.adding", { n: number + 1, total: all.length });
    if (stopping) finish(line, { state: "refused", words: t("library.stopped") });
    else finish(line, await sendOne(line));
  }
  const number = (state) => all.filter((line) => line.state === state).length.toLocaleString(language);
  heading.textContent = t("library.added_now", { added: number("added"), present: number("present"), refused: number("refused") });
  const halted = document.activeElement?.dataset.do === "halt";
  $("[data-do=halt]", adding).remove();
  heading.after(buttonOf("quiet-button", "done", t("library.dismiss")));
  if (halted) $("[data-do=done]", adding).focus();
  if (!$("#library", element).checkVisibility()) say(heading.textContent);
  if (all.some((line) => line.state === "added")) rebuildSoon();
}
function lineOf(file, lines) {
  const item = document.createElement("li"), name = document.createElement("b"), words = document.createElement("span");
  name.textContent = file.name;
  name.dir = words.dir = "auto";
  item.append(name, words);
  lines.append(item);
  return { file, item, words };
}
function finish(line, { state, words }) {
  line.state = line.item.className = state;
  line.words.textContent = words;
  $("progress", line.item)?.remove();
}
async function sendOne(line) { // how it ended: added, present, refused
  const { file, item } = line;
  if (file.size > LARGEST) return { state: "refused", words: t("library.too_large", { size: LARGEST / 1e6 }) };
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0, ariaLabel: file.name });
  item.append(bar);
  item.scrollIntoView({ block: "nearest" });
  const reply = await put(file, (share) => { bar.value = share; });
  if (!reply) return { state: "refused", words: t(stopping ? "library.stopped" : "library.not_sent") };
  if (reply.reason) return { state: "refused", words: reply.reason };
  const words = reply.file === file.name ? t(reply.new ? "library.was_added" : "library.was_there") : t(reply.new ? "library.was_added_as" : "library.was_there_as", { file: reply.file });
  return { state: reply.new ? "added" : "present", words };
}
function put(file, progress) { // the server's reply; undefined where there was none
  return new Promise((resolve) => {
    sending = new XMLHttpRequest();
    sending.responseType = "json";
    sending.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 1));
    sending.addEventListener("loadend", () => { const reply = sending.response ?? undefined; sending = null; resolve(reply); });
    sending.open("PUT", `documents?name=${encodeURIComponent(file.name)}`);
    sending.send(file);
  });
}
files.addEventListener("change", () => {
  const chosen = [...files.files];
  files.value = ""; // the same file may be chosen again
  addFiles(chosen);
});

// ----- files dragged over the page
const drop = document.createElement("div");
drop.id = "drop";
drop.append(paragraph(t("library.drop")), paragraph(t("library.drop_limits", { most: MOST, size: LARGEST / 1e6 })));
body.append(drop);
const dragsFiles = (event) => event.dataTransfer?.types.includes("Files");
function dragged(event) {
  if (!dragsFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  drop.classList.add("on");
}
for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, dragged, true);
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("on"); }, true);
document.addEventListener("drop", async (event) => {
  if (!dragsFiles(event)) return;
  event.preventDefault();
  event.stopPropagation();
  drop.classList.remove("on");
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()); // only now: they are gone later
  const alone = [...event.dataTransfer.files];
  try {
    addFiles(entries.some((entry) => entry?.isDirectory) ? (await Promise.all(entries.filter(Boolean).map(walk))).flat() : alone);
  } catch { tell(t("library.not_read"), null, true); }
}, true);
async function walk(entry) { // the files in a folder, but for hidden ones
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader(), within = [];
  for (let some = [null]; some.length;) { // it gives at most a hundred at a time
    some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    within.push(...some);
  }
  return (await Promise.all(within.map(walk))).flat();
}

act({
  add: () => files.click(),
  done: () => { adding.replaceChildren(); $(".finder [data-do=add]", element).focus(); },
  halt: () => { stopping = true; sending?.abort(); },
});

