// ----- what is searched: the filters that are chosen, stated by the question box
let filters = {};
const chosen = () => structuredClone(filters);
async function showScope() {
  const found = await call("scope", { filters });
  if (!found) return;
  $("#scope").textContent = found.words;
  $(".welcome").innerHTML = found.welcome;
}

