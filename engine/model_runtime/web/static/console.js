// What every page gains by scripts: settings that apply at once, a gallery that filters while you
// type, a credential form that redraws when a field decides others, and buttons that copy.

for (const select of document.querySelectorAll(".settings select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

const search = document.querySelector(".filters input[name=q]");
const cards = document.querySelector("[data-cards]");
if (search && cards) {
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of cards.children) {
      const text = card.textContent.toLowerCase();
      card.hidden = !words.every((word) => text.includes(word));
      shown += card.hidden ? 0 : 1;
    }
    const count = document.querySelector(".count");
    count.textContent = count.textContent.replace(/\d+/, shown);
  });
}

const form = document.querySelector("[data-credentials]");
if (form) {
  form.addEventListener("change", async (event) => {
    if (!("decides" in event.target.dataset)) return;
    const data = new FormData(form);
    data.set("action", "refresh");
    const reply = await fetch(form.getAttribute("action"), {
      method: "POST",
      body: data,
      headers: { "x-requested-with": "console" },
    });
    if (reply.status === 401) location.reload();
    if (!reply.ok) return;
    const fields = form.querySelector("[data-fields]");
    fields.innerHTML = await reply.text();
    fields.querySelector(`[name="${CSS.escape(event.target.name)}"]`)?.focus();
  });
}

export function offerCopies(root, copied) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.nextElementSibling.textContent);
      button.textContent = copied;
    });
  }
}
