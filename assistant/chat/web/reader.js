// ----- the reader
const reader = $("#reader", element);
let reading = null; // what the reader shows: the last request
async function read(request, from) {
  reading = request;
  $$(".now").forEach((node) => node.classList.remove("now"));
  if (from) from.classList.add("now");
  openPanel(true, from);
  reader.setAttribute("aria-busy", "true");
  const html = await call("read_source", request);
  if (reading !== request) return; // another source was opened meanwhile
  reader.innerHTML = html ?? '<p class="notice" role="alert">The source could not be loaded. Is the assistant still running?</p><button type="button" class="text-button" data-do="library">All sources</button>';
  reader.removeAttribute("aria-busy");
  openPages(request);
  if ("first" in request) $(".reader-text", reader)?.focus();
  else if (!jump()) $("#reader-title", reader)?.focus({ preventScroll: true });
}
function jump(focused = true) { // to the cited words, where they are shown
  const mark = $(".page-view:not([hidden]) .page-mark, .reader-text:not([hidden]) #cited", reader);
  if (!mark) return false;
  const frame = mark.closest(".page-scroll, .reader-text"), at = mark.getBoundingClientRect(), around = frame.getBoundingClientRect();
  frame.scrollTop += at.top - around.top - frame.clientHeight * 0.25;
  const left = Math.min(...$$(".page-mark", frame).concat(mark).map((each) => each.getBoundingClientRect().left));
  frame.scrollLeft += left - around.left - frame.clientWidth * 0.1;
  if (focused) mark.focus({ preventScroll: true });
  return true;
}
const anchorOf = ({ source, start, end, quote, prefix, index }) => ({ source, start, end, quote, prefix, index });
function readAt(first) {
  read({ ...reading, first });
}
function goToWords() {
  if (jump()) return;
  const page = !$(".page-view", reader)?.hidden && firstMarked();
  if (page) return turnTo(page, true);
  const { first, ...request } = reading;
  read(request);
}

// ----- links into the reader: the address holds the cited words while they are open
function follow() {
  const asked = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (asked.source) read(anchorOf(asked));
}
function forget() {
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
}
addEventListener("hashchange", follow);

Object.assign(actions, {
  jump: goToWords,
  library: () => showLibrary(),
  read: (button) => { forget(); read(anchorOf(button.dataset), button); },
  window: (button) => readAt(button.dataset.first),
});

