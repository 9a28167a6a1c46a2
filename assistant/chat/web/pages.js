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
    const found = await call("marks", now.request);
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

Object.assign(actions, {
  after: () => turnTo(leaf.number + 1),
  before: () => turnTo(leaf.number - 1),
  enlarge,
  view: (button) => showAs(button.dataset.view),
});

