// ----- citations: in the visitor's style, else in the server's first
function chooseStyle(name) {
  for (const choice of $$(".cite-style")) if ([...choice.options].some((option) => option.value === name)) choice.value = name;
}
document.addEventListener("change", ({ target }) => {
  if (!target.matches(".cite-style")) return;
  store("style", target.value);
  chooseStyle(target.value);
});
const answerOf = (button) => button.closest(".answer");
async function cite(button) {
  const { answer } = answerOf(button).dataset, style = $(".cite-style", answerOf(button)).value;
  const made = await call("cite", { answer, style, excerpt: button.dataset.excerpt });
  if (made?.text) copy(made.text, button.dataset.done, made.html);
  else say(made?.reason ?? t("answer.cited_not"));
}
async function saveAs(button) {
  const own = answerOf(button), { format, of } = button.dataset;
  const answers = of === "answer" ? [own] : $$("#chat .answer[data-answer]:not([data-answer=''])");
  const query = new URLSearchParams({ answers: answers.map((each) => each.dataset.answer).join(), style: $(".cite-style", own).value, format, excerpts: $(".with-excerpts", own).checked });
  try {
    const reply = await fetch(`export?${query}`);
    if (!reply.ok) return say((await reply.json()).reason);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await reply.blob());
    link.download = reply.headers.get("content-disposition").match(/filename="(.+)"/)[1];
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    say(t("answer.saved", { file: link.download }));
  } catch { say(t("answer.saved_not")); }
}

Object.assign(actions, { cite, export: saveAs });

