// The editor, live: findings while one types, completions on Ctrl+Space, Tab that indents.

const form = document.querySelector("[data-editor]");
const area = form.elements.text;
const words = JSON.parse(form.dataset.words);
const count = form.querySelector("[data-count]");
const list = form.querySelector("[data-findings]");
const offers = document.getElementById("completions");
const PAUSE = 350;
let timer = 0;
let asked = 0;
let offered = [];
let chosen = 0;

area.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(check, PAUSE);
  if (!offers.hidden) suggest();
});

async function ask(path, given) {
  const reply = await fetch(new URL(path, new URL(form.getAttribute("action"), location)), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(given),
  });
  if (reply.status === 401) {
    count.replaceChildren(note("fault", words.expired));
    return null;
  }
  return reply.json();
}

async function check() {
  const number = ++asked;
  const found = await ask("-/check", { name: form.dataset.editor, text: area.value });
  // An answer to an older text must not replace a newer one.
  if (!found || number !== asked) return;
  if (found.error) return count.replaceChildren(note("fault", found.error));
  count.replaceChildren(...(found.findings.length ? [] : [note("good", words.clean)]));
  list.replaceChildren(...found.findings.map(row));
}

function note(kind, text) {
  const place = document.createElement("p");
  place.className = kind;
  place.textContent = text;
  return place;
}

function row(finding) {
  const item = document.createElement("li");
  item.className = finding.severity;
  const code = document.createElement("strong");
  code.textContent = finding.code;
  const where = document.createElement("button");
  where.type = "button";
  where.textContent = finding.line ? `${finding.line}:${finding.column}` : "";
  where.setAttribute("aria-label", `${words.go} ${where.textContent}`);
  where.addEventListener("click", () => go(finding));
  item.append(code, " ", where, ` ${finding.message}`);
  if (finding.hint) item.append(" ", Object.assign(document.createElement("em"), { textContent: finding.hint }));
  if (finding.help) item.append(Object.assign(note("help", finding.help)));
  return item;
}

function go(finding) {
  const lines = area.value.split("\n");
  const start = lines.slice(0, finding.line - 1).join("\n").length + (finding.line > 1 ? 1 : 0);
  const from = start + finding.column - 1;
  area.focus();
  area.setSelectionRange(from, from + Math.max(finding.length, 1));
  const height = parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (finding.line - 4) * height);
}

async function suggest() {
  const before = area.value.slice(0, area.selectionStart).split("\n");
  const place = { line: before.length - 1, column: before.at(-1).length };
  const found = await ask("-/complete", { text: area.value, ...place });
  offered = found?.completions ?? [];
  chosen = 0;
  offers.hidden = offered.length === 0;
  offers.replaceChildren(...offered.map(offer));
  mark();
}

function offer(completion, index) {
  const item = document.createElement("li");
  item.id = `completion-${index}`;
  item.setAttribute("role", "option");
  const label = document.createElement("code");
  label.textContent = completion.label;
  const detail = document.createElement("span");
  detail.className = "sub";
  detail.textContent = ` ${completion.detail}`;
  item.append(label, detail);
  item.addEventListener("mousedown", (event) => {
    event.preventDefault();
    take(index);
  });
  return item;
}

function mark() {
  for (const [index, item] of [...offers.children].entries()) {
    item.setAttribute("aria-selected", index === chosen);
    if (index === chosen) item.scrollIntoView({ block: "nearest" });
  }
  if (offers.hidden) area.removeAttribute("aria-activedescendant");
  else area.setAttribute("aria-activedescendant", `completion-${chosen}`);
}

function take(index) {
  const upto = area.value.slice(0, area.selectionStart);
  const word = /[\w$.-]*$/.exec(upto)[0];
  area.setRangeText(offered[index].insert, upto.length - word.length, area.selectionStart, "end");
  close();
  area.dispatchEvent(new Event("input"));
}

function close() {
  offers.hidden = true;
  mark();
}

const offerKeys = {
  ArrowDown: () => ((chosen = (chosen + 1) % offered.length), mark()),
  ArrowUp: () => ((chosen = (chosen + offered.length - 1) % offered.length), mark()),
  Enter: () => take(chosen),
  Tab: () => take(chosen),
  Escape: close,
};

area.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.code === "Space") {
    event.preventDefault();
    return suggest();
  }
  if (!offers.hidden && offerKeys[event.key]) {
    event.preventDefault();
    return offerKeys[event.key]();
  }
  // Escape, then Tab, leaves the editor by keyboard.
  if (event.key === "Escape") area.dataset.leaving = "1";
  else if (event.key === "Tab" && !event.shiftKey && !area.dataset.leaving) {
    event.preventDefault();
    area.setRangeText("  ", area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input"));
  } else delete area.dataset.leaving;
});
area.addEventListener("blur", close);
