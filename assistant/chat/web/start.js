// ----- appearance and language: the visitor's choice, else the system's; the page's head has applied them already
const root = document.documentElement;
const showTheme = () => body.classList.toggle("dark", root.dataset.theme === "dark"); // gradio's own parts
new MutationObserver(showTheme).observe(root, { attributeFilter: ["data-theme"] });
showTheme();
const showLanguage = () => { if (root.lang !== language) root.lang = language; }; // gradio sets that of the browser
new MutationObserver(showLanguage).observe(root, { attributeFilter: ["lang"] });
showLanguage();
document.addEventListener("change", ({ target }) => {
  if (target.id === "theme") { store("theme", target.value); dispatchEvent(new Event("theme")); }
  if (target.id === "language") { store("language", target.value); location.reload(); }
});

// ----- clicks and keys
act({
  close: closePanel,
  focus: () => box().focus(),
  link: (button) => copy(new URL(button.dataset.link, location.href).href, t("answer.link_copied")),
  panel: (button) => showLibrary(button),
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  for (const open of $$("details.settings[open]")) if (!open.contains(event.target)) open.open = false;
  if (!button) return;
  event.preventDefault();
  actions[button.dataset.do](button);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || $("dialog[open]")) return;
  const settings = $("details.settings[open]");
  if (settings) { settings.open = false; $("summary", settings).focus(); }
  else if (panel.contains(document.activeElement)) closePanel();
  else if (asking) stop();
  else if (panel.classList.contains("reading")) closePanel();
});

// ----- names that gradio's own markup lacks or repeats
function name() {
  const log = $("#chat [role=log]");
  if (log) { log.setAttribute("aria-label", t("page.conversation")); log.tabIndex = 0; }
  for (const [kind, label] of [["user", "page.asked"], ["bot", "page.answer"]])
    for (const node of $$(`#chat [data-testid="${kind}"]`)) { node.setAttribute("role", "group"); node.setAttribute("aria-label", t(label)); }
}
new MutationObserver(settle).observe(talk, { childList: true, subtree: true });

function start() {
  if (!box() || !$("#theme")) return requestAnimationFrame(start); // gradio draws the parts of the page one by one
  $("#theme").value = recall("theme") ?? "system";
  $("#language").value = language;
  translate();
  layOut();
  settle();
  look();
  follow();
  begin();
  body.dataset.ready = "true";
}
start();
