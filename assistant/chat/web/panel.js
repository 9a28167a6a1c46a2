// ----- the panel: beside the conversation where there is room, else a sheet over it
let opener = null, entrance = null; // what the reader was opened from, and what the panel was
function layOut() {
  const sheet = body.classList.contains("panel-open") && !wide.matches;
  panel.setAttribute("role", sheet ? "dialog" : "complementary");
  panel.setAttribute("aria-label", t("page.sources"));
  sheet ? panel.setAttribute("aria-modal", "true") : panel.removeAttribute("aria-modal");
  talk.inert = top_bar.inert = sheet;
  panel.inert = !sheet && !wide.matches;
  $("[data-do=panel]").setAttribute("aria-expanded", sheet);
  $("[data-do=panel]").setAttribute("aria-controls", "panel");
}
function openPanel(reading, from) {
  if (from && !reader.contains(from)) opener = from;
  if (from && !panel.contains(from)) entrance = from;
  panel.classList.toggle("reading", reading);
  body.classList.add("panel-open");
  layOut();
}
function showLibrary(from) {
  forget();
  openPanel(false, from);
  $("#library-title").focus({ preventScroll: true });
}
function closePanel() {
  forget();
  panel.classList.remove("reading");
  body.classList.remove("panel-open");
  layOut();
  $$(".now").forEach((node) => node.classList.remove("now"));
  const back = [opener, entrance].find((each) => each?.isConnected && !each.closest("[inert]"));
  const folded = back?.closest(".further"); // the passage was come to by a key, or from one place to the next
  if (folded) folded.open = true;
  (back ?? box())?.focus({ preventScroll: true });
}
wide.addEventListener("change", layOut);

