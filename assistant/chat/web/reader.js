// ----- the reader
const reader = $("#reader", element);
let reading = null; // what the reader shows: the last request
let citedPlaces = []; // the buttons of the places that the same answer cites, those of a document together
const readerText = () => $(".reader-text", reader);
const onPage = () => Boolean($(".page-view:not([hidden])", reader));
const anchorOf = ({ source, start, end, quote, prefix, index }) => ({ source, start, end, quote, prefix, index });

async function read(request, from, stepped = 0) {
  const asText = reading?.source === request.source && $(".page-view[hidden]", reader); // as was chosen before
  citedPlaces = placesOf(from);
  const also = citedPlaces.filter((each) => each !== from && each.dataset.source === request.source).map((each) => anchorOf(each.dataset));
  reading = { ...request, also, ...(asText && { view: "text" }) };
  const asked = reading;
  $$(".now").forEach((node) => node.classList.remove("now"));
  if (from) from.classList.add("now");
  openPanel(true, from);
  reader.setAttribute("aria-busy", "true");
  const html = await call("read_source", asked);
  if (reading !== asked) return; // another source was opened meanwhile
  if (html) reader.innerHTML = html;
  else unread();
  reader.removeAttribute("aria-busy");
  const about = $(".about", reader);
  if (!about) return $("#reader-title, [data-do=library]", reader).focus(); // it is gone, or could not be loaded
  about.open = !flat.matches;
  showPlace(from, stepped);
  againWithin();
  openPages();
  const atWords = jump(!stepped);
  if (stepped) $(`.cited-places [data-step="${stepped}"]`, reader).focus();
  else if (!atWords) $("#reader-title", reader).focus({ preventScroll: true });
  watchEdges();
}
function unread() {
  const words = Object.assign(document.createElement("p"), { className: "notice", textContent: t("reader.unread") });
  words.setAttribute("role", "alert");
  const back = Object.assign(document.createElement("button"), { className: "text-button", textContent: t("reader.back") });
  back.dataset.do = "library";
  reader.replaceChildren(words, back);
}
function jump(focused = true) { // to the cited words, where they are shown
  const mark = $(".page-view:not([hidden]) .page-mark, .reader-text:not([hidden]) #cited", reader);
  if (!mark) return false;
  const frame = mark.closest(".page-scroll, .reader-text"), at = mark.getBoundingClientRect(), around = frame.getBoundingClientRect();
  frame.scrollTop += at.top - around.top - frame.clientHeight * 0.25;
  const left = Math.min(...$$(".page-mark", frame).concat(mark).map((each) => each.getBoundingClientRect().left));
  if (onPage()) frame.scrollLeft += left - around.left - frame.clientWidth * 0.1;
  if (focused) mark.focus({ preventScroll: true });
  return true;
}
async function goToWords() {
  if (onPage()) return showOnPage(reading, true);
  await showAt(Number(readerText().dataset.cited));
  jump();
}
const flat = matchMedia("(max-height: 620px)"); // there what is known of the source is folded away
flat.addEventListener("change", () => $$(".about", reader).forEach((about) => { about.open = !flat.matches; }));

// ----- from one cited place to the next: those of this document, then those of the next that the answer cites
function overlap(one, other) {
  return one.source === other.source && Number(one.start) < Number(other.end) && Number(other.start) < Number(one.end);
}
function placesOf(button) {
  const answer = button?.closest(".answer"), bySource = new Map();
  for (const each of answer ? $$("[data-do=read][data-quote]", answer) : []) {
    if (each.closest(".also")) continue; // the same words elsewhere
    const known = bySource.get(each.dataset.source) ?? [];
    const same = known.findIndex((other) => overlap(other.dataset, each.dataset));
    if (same < 0) known.push(each);
    else if (each === button) known[same] = each;
    bySource.set(each.dataset.source, known);
  }
  return [...bySource.values()].flatMap((all) => all.sort((a, b) => a.dataset.start - b.dataset.start));
}
function showPlace(from, stepped) {
  const here = citedPlaces.filter((each) => each.dataset.source === reading.source), at = citedPlaces.indexOf(from);
  const bar = $(".cited-places", reader), n = here.indexOf(from) + 1;
  bar.hidden = at < 0 || citedPlaces.length < 2;
  if (bar.hidden) return;
  $(".steps-label", bar).textContent = t("reader.place", { n, total: here.length });
  for (const [step, edge, name] of [[-1, 1, "before"], [1, here.length, "after"]]) {
    const button = $(`[data-step="${step}"]`, bar);
    button.setAttribute("aria-disabled", !citedPlaces[at + step]);
    button.title = t(n === edge && citedPlaces[at + step] ? `reader.source_${name}` : `reader.place_${name}`);
  }
  if (stepped) heard.textContent = `${$("#reader-title", reader).textContent}, ${$(".steps-label", bar).textContent}: ${reading.quote}`;
}
function stepPlace(button) {
  const way = Number(button.dataset.step), next = citedPlaces[citedPlaces.findIndex((each) => each.classList.contains("now")) + way];
  if (next) read(anchorOf(next.dataset), next, way);
}
const heard = Object.assign(document.createElement("p"), { className: "unseen-words" }); // outlives what the reader shows
heard.setAttribute("role", "status");
body.append(heard);

// ----- the text: windows of blocks, more of which are fetched as one scrolls
const MOST_WINDOWS = 10;
let edgeWatch = null;
function watchEdges() { // anew for each text that is opened
  edgeWatch?.disconnect();
  edgeWatch = new IntersectionObserver((seen) => {
    for (const each of seen) if (each.isIntersecting) fetchMore(each.target.dataset.way);
  }, { root: readerText(), rootMargin: "1200px 0px" });
  settleEdges();
}
function settleEdges() { // what stands before the first window and after the last, and whether it is fetched now
  const windows = $$(".window", reader);
  if (!windows.length) return;
  for (const [way, at, end] of [["earlier", windows[0].dataset.first, "0"], ["later", windows.at(-1).dataset.last, readerText().dataset.total]]) {
    const button = $(`.more[data-way=${way}]`, reader);
    if (at === end && document.activeElement === button) readerText().focus({ preventScroll: true });
    button.hidden = at === end;
    edgeWatch.unobserve(button);
    if (!button.hidden) edgeWatch.observe(button);
  }
  windows.forEach((each, number) => { for (const path of $$(".path", each)) path.hidden = number > 0; });
  showHits();
}
const fetching = { earlier: null, later: null };
async function fetchMore(way) {
  const frame = readerText(), windows = $$(".window", frame), edge = way === "later" ? windows.at(-1) : windows[0];
  if (!edge || fetching[way] === edge) return;
  fetching[way] = edge;
  const html = await call("read_more", { ...reading, ...(way === "later" ? { first: edge.dataset.last } : { last: edge.dataset.first }) });
  fetching[way] = null;
  if (!edge.isConnected) return; // something else was opened meanwhile
  if (html === undefined) return say(t("reader.unread"));
  if (!html) return read(anchorOf(reading)); // the source is gone, which is told
  holdStill(edge, () => {
    edge.insertAdjacentHTML(way === "later" ? "afterend" : "beforebegin", html);
    if (isOther(frame)) return;
    const all = $$(".window", frame), far = way === "later" ? all[0] : all.at(-1);
    if (all.length > MOST_WINDOWS && !far.contains(document.activeElement) && !getSelection().containsNode(far, true)) far.remove();
    settleEdges();
  });
}
function isOther(frame) { // whether the index has another text by now; then that is read
  if ($$(".window", frame).every((each) => each.dataset.digest === frame.dataset.digest)) return false;
  read(anchorOf(reading));
  return true;
}
function holdStill(node, change) { // a change of what stands around a node moves nothing that is being read
  const frame = readerText(), at = node.getBoundingClientRect().top;
  change();
  frame.scrollTop += node.getBoundingClientRect().top - at;
}
const blocksIn = (node) => $$("[data-start]", node);
function blockAt(offset) { // the block of the text, if it is there, in which an offset stands
  const within = $$(".window", reader).find(({ dataset }) => Number(dataset.from) <= offset && offset <= Number(dataset.to));
  return within && blocksIn(within).findLast((block) => Number(block.dataset.start) <= offset);
}
async function showAt(offset) { // the block at an offset, a little below the top
  const frame = readerText(), asked = reading;
  if (!blockAt(offset)) {
    const html = await call("read_more", { ...reading, at: offset });
    if (reading !== asked) return null;
    if (html === undefined) return say(t("reader.unread"));
    if (!html) { read(anchorOf(reading)); return null; }
    $$(".window", frame).forEach((each) => each.remove());
    $(".more[data-way=later]", frame).insertAdjacentHTML("beforebegin", html);
    if (isOther(frame)) return null;
  }
  const block = blockAt(offset);
  bringBlock(frame, block?.getBoundingClientRect());
  settleEdges();
  return block;
}
function bringBlock(frame, at, share = 0.12) {
  if (at) frame.scrollTop += at.top - frame.getBoundingClientRect().top - frame.clientHeight * share;
}
function topBlock(share = 0) { // the first one that is seen, or that reaches below such a share of what is seen
  const frame = readerText(), line = frame.getBoundingClientRect().top + Math.max(8, share * frame.clientHeight);
  return blocksIn(frame).find((block) => block.getBoundingClientRect().bottom > line);
}

// ----- the size of the text
const SIZES = [85, 100, 115, 130, 150, 175, 200];
const sizeNow = () => Math.max(0, SIZES.indexOf(Number(recall("text-size") ?? 100)));
function applySize() {
  reader.style.setProperty("--reading", SIZES[sizeNow()] / 100);
}
function resizeText(button) {
  const size = SIZES[sizeNow() + Number(button.dataset.step)];
  if (!size) return;
  store("text-size", size);
  const top = onPage() ? null : topBlock();
  if (top) holdStill(top, applySize);
  else applySize();
  say(t("reader.size", { percent: size }));
}
applySize();

// ----- links into the reader: the address holds the cited words while they are open
function follow() {
  const asked = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (asked.source) read(anchorOf(asked));
}
function forget() {
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
}
addEventListener("hashchange", follow);

act({
  jump: goToWords,
  library: () => showLibrary(),
  more: (button) => fetchMore(button.dataset.way),
  place: stepPlace,
  read: (button) => { forget(); read(anchorOf(button.dataset), button); },
  size: resizeText,
});

