// ----- a number's card: what it quotes and where that stands, while the pointer or the keyboard's focus is on it
const quoteCard = document.createElement("div");
quoteCard.id = "quote-card";
quoteCard.setAttribute("role", "tooltip");
quoteCard.hidden = true;
for (const part of ["title", "quote", "place"]) {
  const line = document.createElement("p");
  line.className = part;
  line.dir = "auto";
  quoteCard.append(line);
}
talk.append(quoteCard); // within the main part of the page
let carded = null, cardDue; // the number that the card belongs to; what opens or closes it after a moment
function showCard(number) {
  hideCard();
  carded = number;
  for (const line of quoteCard.children) line.textContent = number.dataset[line.className];
  quoteCard.hidden = false;
  number.setAttribute("aria-describedby", quoteCard.id);
  placeCard();
}
function placeCard() { // below the number, or above it where there is no room
  const at = carded.getBoundingClientRect(), card = quoteCard.getBoundingClientRect(), frame = $("#chat .bubble-wrap").getBoundingClientRect();
  if (at.bottom < frame.top || at.top > frame.bottom) return hideCard();
  const above = at.top - card.height - 8, fits = at.bottom + 8 + card.height <= innerHeight || above < 8;
  quoteCard.style.top = `${fits ? at.bottom + 8 : above}px`;
  quoteCard.style.left = `${Math.max(8, Math.min(at.left - 16, innerWidth - card.width - 8))}px`;
}
function hideCard() {
  clearTimeout(cardDue);
  carded?.removeAttribute("aria-describedby");
  carded = null;
  quoteCard.hidden = true;
}
document.addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType !== "mouse") return;
  const number = target.closest("button.number"), within = quoteCard.contains(target);
  clearTimeout(cardDue);
  if (number && number !== carded) cardDue = setTimeout(() => number.isConnected && showCard(number), 150);
  else if (carded && !number && !within) cardDue = setTimeout(hideCard, 200); // time to reach the card itself
});
document.addEventListener("focusin", ({ target }) => {
  if (target.matches("button.number:focus-visible")) showCard(target);
  else if (carded) hideCard();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !carded) return;
  hideCard();
  event.stopImmediatePropagation(); // one thing at a time
});
document.addEventListener("scroll", () => carded && placeCard(), true);
document.addEventListener("click", ({ target }) => { if (!quoteCard.contains(target)) hideCard(); });

// ----- the keys 1 to 9 open the cited words of the answer that was read last, else of the last one
let readLast = null;
for (const kind of ["click", "focusin"]) document.addEventListener(kind, ({ target }) => { readLast = target.closest(".answer") ?? readLast; });
document.addEventListener("keydown", (event) => {
  if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, textarea, select, dialog, [contenteditable=true]")) return;
  const own = readLast?.isConnected ? readLast : $$("#chat .answer").at(-1);
  const row = own && $(`.excerpt[data-excerpt="${event.key}"]`, own);
  const numbers = own ? $$("button.number", own).filter((each) => each.dataset.n === event.key) : [];
  (numbers[0] ?? (row && $(".place-button", row)))?.click();
});

// ----- what was not found under filters is looked for without them
act({ everywhere: (button) => {
  actions.all(button);
  ask(button.dataset.question, { filters: empty(), alone: true });
} });

// ----- the text around an excerpt, where it stands
act({ around: async (button) => {
  const excerpt = button.closest(".excerpt"), own = $(".own", excerpt), { side } = button.dataset;
  const wanted = { before: Number(excerpt.dataset.before ?? 0), after: Number(excerpt.dataset.after ?? 0) };
  wanted[side === "earlier" ? "before" : "after"] += 1;
  await sendRecords([answerOf(button).dataset.answer]); // where the server was started anew
  const found = await call("around", { answer: answerOf(button).dataset.answer, excerpt: excerpt.dataset.excerpt, ...wanted });
  if (!found || found.reason) return say(found?.reason ?? t("page.gone"), !found);
  Object.assign(excerpt.dataset, wanted);
  const top = own.getBoundingClientRect().top;
  $(".near.earlier", excerpt).textContent = found.before;
  $(".near.later", excerpt).textContent = found.after;
  $("#chat .bubble-wrap").scrollTop += own.getBoundingClientRect().top - top; // the excerpt stays where it is
  for (const each of $$("[data-do=around]", excerpt)) each.setAttribute("aria-disabled", !found[each.dataset.side]);
} });

// ----- what a person thinks of an answer: kept with the question in the conversation, and shown wherever that is shown
const entryOf = (own) => conversation.entries.find((entry) => entry.id === own.dataset.answer);
async function judge(own, good, reason = "") {
  const entry = entryOf(own);
  await sendRecords([entry.id]); // where the server was started anew
  const noted = await call("feedback", { answer: entry.id, good, reason });
  if (!noted?.file) return say(noted?.failure ?? t("page.gone"));
  entry.feedback = { good, reason, file: noted.file };
  remember(entry);
  showJudged(own);
}
function showJudged(own) {
  const feedback = entryOf(own)?.feedback, judged = $(".judged", own);
  if (!feedback || !judged) return;
  for (const thumb of $$(".thumb", own)) thumb.setAttribute("aria-pressed", String(feedback.good) === thumb.dataset.good);
  judged.hidden = false;
  const told = feedback.good === null ? "taken_back" : feedback.reason ? "noted_reason" : "noted";
  const words = t(`answer.${told}`, { file: feedback.file }), line = $("[role=status]", judged);
  if (line.textContent !== words) line.textContent = words;
  for (const part of $$("[data-do=withdraw], .why", judged)) part.hidden = feedback.good === null;
  const field = $("input", judged);
  if (field.value === field.defaultValue) field.value = feedback.reason; // else it holds words that are not sent yet
  field.defaultValue = feedback.reason;
}
act({
  thumb: async (button) => {
    const own = answerOf(button), good = button.dataset.good === "true";
    const again = button.getAttribute("aria-pressed") === "true";
    await judge(own, again ? null : good);
    if (!again) $(".why input", own)?.focus();
  },
  withdraw: async (button) => {
    const own = answerOf(button);
    await judge(own, null);
    $(".thumb", own).focus();
  },
});
document.addEventListener("submit", async (event) => {
  if (!event.target.matches(".why")) return;
  event.preventDefault();
  const own = event.target.closest(".answer");
  await judge(own, entryOf(own).feedback.good, $("input", event.target).value.trim());
  $(".thumb[aria-pressed=true]", own)?.focus();
});
new MutationObserver(() => { // whenever the conversation on the page changes
  const shown = $$("#chat .answer");
  shown.forEach(showJudged);
  if (shown.length !== answersShown) readLast = null;
  answersShown = shown.length;
}).observe(talk, { childList: true, subtree: true });
let answersShown = 0;

// ----- printing: one answer with its question, or all of them; excerpts are open on paper
act({ print: (button) => {
  const own = answerOf(button).closest(".message-row"), asked = own.previousElementSibling;
  for (const row of [asked, own]) row?.classList.add("on-paper");
  body.classList.add("one-on-paper");
  print();
} });
let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = $$("#chat .excerpt details:not([open])").map((each) => { each.open = true; return each; });
});
addEventListener("afterprint", () => {
  for (const each of unfolded) each.open = false;
  for (const row of $$(".on-paper")) row.classList.remove("on-paper");
  body.classList.remove("one-on-paper");
});
