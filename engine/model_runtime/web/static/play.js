// The playground, live: the answer is shown as it comes, calls can be stopped, sound be recorded.
import { offerCopies } from "./console.js";

const form = document.querySelector("[data-play]");
const words = JSON.parse(form.dataset.words);
const live = document.querySelector("[data-live]");
const outcome = document.querySelector("[data-outcome]");
const send = form.querySelector("button.main");
const stop = form.querySelector("[data-stop]");
let calling = null;

offerCopies(outcome, words.copied);
keepHistory();

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  calling?.abort();
  calling = new AbortController();
  begin();
  try {
    const reply = await fetch(form.getAttribute("action"), {
      method: "POST",
      body: new FormData(form),
      headers: { accept: "application/x-ndjson" },
      signal: calling.signal,
    });
    if (reply.status === 401) return tell(words.expired, (await reply.json()).sign_in);
    if (!reply.ok) return tell(`HTTP ${reply.status}: ${await reply.text()}`);
    await read(reply.body);
  } catch (error) {
    tell(error.name === "AbortError" ? words.stopped : `${words.lost} (${error.message})`);
  } finally {
    end();
  }
});

stop?.addEventListener("click", () => calling?.abort());

async function read(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) take(JSON.parse(line));
  }
}

const pieces = {
  text_delta: (event) => piece("text").append(event.text),
  reasoning_delta: (event) => piece("reasoning").append(event.text),
  tool_call_delta: (event) => {
    const place = piece(`tool-${event.index}`);
    if (!place.firstChild) place.append(`${event.name ?? ""} `);
    place.append(event.arguments);
  },
  outcome: (event) => {
    live.hidden = true;
    outcome.innerHTML = event.html;
    offerCopies(outcome, words.copied);
    keepHistory();
  },
};

function take(event) {
  pieces[event.type]?.(event);
}

function piece(name) {
  let place = live.querySelector(`[data-piece="${name}"]`);
  if (!place) {
    place = document.createElement("div");
    place.dataset.piece = name;
    place.className = `pre ${name}`;
    live.append(place);
  }
  return place;
}

// The next turn goes on from this answer; a fault keeps what was said so far.
function keepHistory() {
  const said = outcome.querySelector("[data-history]");
  if (!said) return;
  form.elements.history.value = said.dataset.history;
  form.elements.prompt.value = "";
  if (form.elements.files) form.elements.files.value = "";
}

function begin() {
  live.replaceChildren();
  live.hidden = false;
  outcome.replaceChildren();
  send.disabled = true;
  send.classList.add("busy");
  if (stop) stop.hidden = false;
}

function end() {
  send.disabled = false;
  send.classList.remove("busy");
  if (stop) stop.hidden = true;
  calling = null;
}

function tell(message, link) {
  const fault = document.createElement("div");
  fault.className = "fault";
  fault.setAttribute("role", "alert");
  fault.append(message);
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.textContent = ` ${link}`;
    fault.append(anchor);
  }
  outcome.replaceChildren(fault);
}

const record = form.querySelector("[data-record]");
if (record && navigator.mediaDevices?.getUserMedia && window.MediaRecorder) {
  record.hidden = false;
  let recorder = null;
  record.addEventListener("click", async () => {
    if (recorder) return recorder.stop();
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (error) {
      return tell(error.message);
    }
    const chunks = [];
    recorder = new MediaRecorder(stream);
    recorder.addEventListener("dataavailable", (event) => chunks.push(event.data));
    recorder.addEventListener("stop", () => {
      for (const track of stream.getTracks()) track.stop();
      const type = recorder.mimeType.split(";")[0];
      const file = new File(chunks, `recording.${type.split("/")[1]}`, { type });
      const holder = new DataTransfer();
      holder.items.add(file);
      form.elements.sound.files = holder.files;
      recorder = null;
      record.textContent = words.record;
    });
    recorder.start();
    record.textContent = words.stop;
  });
}
