// ----- the pages of a PDF: the picture of one, with the cited words marked on it
let leaf = null; // what is shown of the source that is read: its page, of how many, the words that are marked, by page
function openPages() {
  if (leaf?.picture) URL.revokeObjectURL(leaf.picture);
  const view = $(".page-view", reader);
  leaf = view && { anchor: reading, number: Number(view.dataset.page), count: Infinity, picture: "", marks: null };
  panel.classList.toggle("paged", onPage());
  if (onPage()) turnTo(leaf.number, true);
}
function showAs(choice, atWords = true) {
  const view = $(".page-view", reader), on = choice === "page";
  view.hidden = !on;
  readerText().hidden = on;
  panel.classList.toggle("paged", on);
  for (const button of $$(".views button", reader)) button.setAttribute("aria-pressed", button.dataset.view === choice);
  if (on && !leaf.picture) turnTo(leaf.number, true);
  else if (atWords) jump(false);
  if (!on) settleEdges();
}
async function turnTo(number, toWords = false) {
  if (number < 1 || number > leaf.count) return;
  const now = leaf, view = $(".page-view", reader), sheet = $(".sheet", view), image = $("img", sheet);
  now.number = number;
  view.setAttribute("aria-busy", "true");
  const width = Math.ceil(sheet.clientWidth * devicePixelRatio / 200) * 200;
  const drawn = await draw(reading.source, number, Math.max(200, Math.min(width, 2400)));
  if (leaf !== now || now.number !== number) return; // another page was turned to meanwhile
  if (now.picture) URL.revokeObjectURL(now.picture);
  now.picture = image.src = drawn.blob ? URL.createObjectURL(drawn.blob) : "";
  if (drawn.blob) await image.decode().catch(() => {}); // another picture came meanwhile
  if (leaf !== now || now.number !== number) return;
  now.count = drawn.count ?? now.count;
  sheet.hidden = !drawn.blob;
  const label = drawn.label ?? String(number), name = t("reader.page", { label });
  image.alt = t("reader.picture", { page: name, title: image.dataset.title });
  const plain = label === String(number) ? "reader.page_of" : "reader.page_labelled";
  $(".page-label", view).textContent = drawn.count ? t(plain, { label, number, count: drawn.count }) : name;
  $("[data-do=before]", view).setAttribute("aria-disabled", number <= 1);
  $("[data-do=after]", view).setAttribute("aria-disabled", number >= now.count);
  $(".page-scroll", view).scrollTo(0, 0);
  view.removeAttribute("aria-busy");
  warn(drawn.gone ? t("page.gone") : drawn.problem ? t("reader.page_problem", { number, problem: drawn.problem }) : "");
  if (drawn.blob) await mark(now, toWords);
}
async function showOnPage(anchor, focused, page = null) { // whether the words of an anchor were found on their page
  if (leaf.anchor !== anchor) [leaf.anchor, leaf.marks] = [anchor, null];
  const now = leaf;
  await marked(now);
  if (leaf !== now || now.anchor !== anchor) return true; // something else is shown meanwhile
  const first = Number(Object.keys(now.marks ?? {})[0] ?? NaN); // such keys are kept in order
  if (Number.isNaN(first) && page !== null) return false;
  const to = first || page || now.number;
  if (to === now.number) putMarks(now);
  else await turnTo(to);
  jump(focused);
  return true;
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
  } catch { return { gone: true }; }
}
async function marked(now) { // where the words stand is asked for once
  const { anchor } = now;
  if (now.marks || !anchor.quote) return;
  const slow = setTimeout(() => leaf === now && say(t("reader.looking"), true), 800);
  const found = await call("marks", anchor);
  clearTimeout(slow);
  if (toast.textContent === t("reader.looking")) say("");
  if (leaf !== now || now.anchor !== anchor) return;
  now.marks = found?.pages ?? {};
  warn(found ? found.problem : t("page.gone"));
}
async function mark(now, toWords) {
  await marked(now);
  if (leaf !== now) return;
  putMarks(now);
  if (toWords) jump(document.activeElement?.id === "reader-title" || document.activeElement?.dataset.do === "jump");
}
function putMarks(now) {
  const layer = $(".page-marks", reader);
  layer.replaceChildren();
  for (const [number, [left, top, width, height]] of (now.marks?.[now.number] ?? []).entries()) {
    const node = Object.assign(document.createElement("span"), { className: "page-mark", tabIndex: -1 });
    Object.assign(node.style, { left: `${left * 100}%`, top: `${top * 100}%`, width: `${width * 100}%`, height: `${height * 100}%` });
    if (number) node.setAttribute("aria-hidden", "true");
    else { node.setAttribute("role", "img"); node.setAttribute("aria-label", t("reader.cited_words", { quote: now.anchor.quote })); }
    layer.append(node);
  }
}
function warn(words) {
  const problem = $(".page-problem", reader);
  problem.textContent = words;
  problem.hidden = !words;
}

act({
  after: () => turnTo(leaf.number + 1),
  before: () => turnTo(leaf.number - 1),
  enlarge,
  view: (button) => showAs(button.dataset.view),
});

