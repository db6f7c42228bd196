// The page shows moments of the desk and sends touches; it keeps no state of its own that matters.
"use strict";

const regions = ["header", "main", "bar", "band"];
const byId = (id) => document.getElementById(id);
const overlay = byId("overlay");
let open = null; // id of the sheet that is open
let mark = document.body.dataset.mark; // the moment that is shown
let busy = false;
let digits = "";
let person = null;
let strokes = [];
let drawing = null;

// ---- moments in -------------------------------------------------------------------------------
function show(id, html) {
  const region = byId(id);
  if (region.shown === html) return;
  const before = new Map();
  for (const tile of region.querySelectorAll("[data-tile]")) before.set(tile.dataset.tile, tile.dataset.state);
  const kept = new Map();
  for (const node of region.querySelectorAll("[data-keep]")) kept.set(node.dataset.keep, node);
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  for (const node of fresh.content.querySelectorAll("[data-keep]")) {
    const old = kept.get(node.dataset.keep);
    if (old && old.className === node.className) node.replaceWith(old);
  }
  for (const image of region.querySelectorAll("img[data-preview]")) image.removeAttribute("src"); // a picture out of sight must not stream
  region.replaceChildren(fresh.content);
  region.shown = html;
  for (const tile of region.querySelectorAll("[data-tile]")) {
    const was = before.get(tile.dataset.tile);
    if (was && was !== tile.dataset.state) tile.classList.add("flash");
  }
}

function settle() {
  if (open && !byId(open)) open = null;
  for (const sheet of document.querySelectorAll(".sheet")) sheet.hidden = sheet.id !== open;
  for (const image of document.querySelectorAll("img[data-preview]")) {
    if (!image.getAttribute("src") && !document.hidden) image.src = "/preview";
  }
  const isModal = Boolean(open) || !overlay.hidden;
  for (const part of document.querySelectorAll("#main > *, #band > *, #bar > *")) part.inert = isModal && part.id !== open;
  const pad = document.querySelector("canvas[data-pad]");
  if (pad && !pad.ready) prepare(pad);
  if (!pad) strokes = [];
  tick();
}

// A layer of blocks brings a dozen moments within one frame of the screen: only the last is drawn.
let moments = [];
function receive(event) {
  mark = event.lastEventId;
  moments.push(JSON.parse(event.data));
  if (moments.length === 1) requestAnimationFrame(draw);
}

function draw() {
  const newest = moments.at(-1);
  for (const id of regions) if (id !== "band") show(id, newest[id]);
  for (const moment of moments) tell(moment.band);
  moments = [];
  settle();
}

// A grave answer stays until it was seen: a layer of blocks brings a dozen answers at once.
const GRAVE = { hold: 1, refuse: 2, alarm: 3 };
const GRAVE_MS = 3000;
const gravity = (html) => GRAVE[/class="outcome (\w+)"/.exec(html)?.[1]] || 0;
let grave = null; // timer while one stays
let newest = null;

function tell(html) {
  newest = html;
  if (grave && gravity(html) < gravity(byId("band").shown)) return;
  show("band", html);
  clearTimeout(grave);
  grave = gravity(html) ? setTimeout(release, GRAVE_MS) : null;
}

function release() {
  clearTimeout(grave);
  grave = null;
  if (newest !== null) show("band", newest);
}

let source = null;
function listen() {
  if (source) source.close();
  source = new EventSource(`/moments?since=${mark}`);
  source.addEventListener("moment", receive);
  source.onopen = () => notice(null);
  source.onerror = () => {
    notice(document.body.dataset.lost);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
  };
}

// ---- touches out ------------------------------------------------------------------------------
function notice(text) {
  const line = byId("notice");
  line.hidden = !text;
  line.textContent = text || "";
}

function commandOf(button) {
  const command = { do: button.dataset.do };
  for (const { name, value } of button.attributes) {
    if (name.startsWith("data-a-")) command[name.slice(7)] = value;
    if (name.startsWith("data-json-")) command[name.slice(10)] = JSON.parse(value);
  }
  if (button.dataset.collect === "signature") {
    const acknowledged = document.querySelector('[data-toggle="acknowledged"]');
    command.acknowledged = acknowledged?.getAttribute("aria-pressed") === "true";
    if (strokes.length) command.strokes = strokes;
  }
  return command;
}

async function send(command) {
  const key = crypto.randomUUID();
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const answer = await fetch("/do", {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": key },
        body: JSON.stringify(command),
      });
      return await answer.json();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  }
  notice(document.body.dataset.notSent);
  return null;
}

async function act(command) {
  if (busy) return;
  release();
  busy = true;
  try {
    const answer = await send(command);
    if (answer && answer.error) notice(answer.say || document.body.dataset.notSent);
    else if (answer) { notice(null); leave(); }
  } finally {
    busy = false;
  }
}

function leave() {
  open = null;
  overlay.hidden = true;
  overlay.replaceChildren();
  digits = "";
  person = null;
  settle();
}

async function fetchInto(path, purpose) {
  const answer = await fetch(path).catch(() => null);
  if (!answer || !answer.ok) { notice(document.body.dataset.notSent); return; }
  overlay.innerHTML = await answer.text();
  overlay.dataset.purpose = purpose || "pin";
  overlay.hidden = false;
  settle();
}

function typeDigit(digit) {
  const shown = overlay.querySelector("[data-digits]");
  if (digit === "enter") {
    if (person && digits) act({ do: overlay.dataset.purpose, person, pin: digits });
    return;
  }
  digits = digit === "clear" ? "" : (digits + digit).slice(0, 12);
  shown.textContent = "●".repeat(digits.length) || "—";
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.disabled) return;
  const data = button.dataset;
  if (data.do) act(commandOf(button));
  else if (data.sheet) { open = `sheet-${data.sheet}`; settle(); }
  else if (data.fetch) fetchInto(data.fetch, data.for);
  else if ("leave" in data) leave();
  else if (data.digit) typeDigit(data.digit);
  else if (data.person) {
    person = data.person;
    for (const each of overlay.querySelectorAll("[data-person]")) each.setAttribute("aria-checked", String(each === button));
  } else if (data.toggle) button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
  else if ("clear" in data) clearPad();
  else if (data.language) location.replace(`/?lang=${data.language}`);
  else if ("stripToggle" in data) button.setAttribute("aria-expanded", String(byId("strip").classList.toggle("is-open")));
  else if (data.strip) fetch(`/strip/${data.strip}`, { method: "POST" });
});
document.addEventListener("contextmenu", (event) => event.preventDefault());

// ---- signature pad ----------------------------------------------------------------------------
function prepare(pad) {
  pad.ready = true;
  pad.width = pad.clientWidth;
  pad.height = pad.clientHeight;
  const at = (event) => {
    const box = pad.getBoundingClientRect();
    const inside = (value, limit) => Math.round(Math.min(Math.max(value, 0), limit));
    return [inside(((event.clientX - box.left) / box.width) * 1000, 1000), inside(((event.clientY - box.top) / box.height) * 400, 400)];
  };
  pad.addEventListener("pointerdown", (event) => { pad.setPointerCapture(event.pointerId); drawing = [at(event)]; strokes.push(drawing); });
  pad.addEventListener("pointermove", (event) => { if (drawing) { drawing.push(at(event)); paint(pad); } });
  for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { drawing = null; });
}

function paint(pad) {
  const pen = pad.getContext("2d");
  pen.clearRect(0, 0, pad.width, pad.height);
  pen.lineWidth = 4;
  pen.lineCap = "round";
  for (const stroke of strokes) {
    pen.beginPath();
    for (const [x, y] of stroke) pen.lineTo((x / 1000) * pad.width, (y / 400) * pad.height);
    pen.stroke();
  }
}

function clearPad() {
  strokes = [];
  const pad = document.querySelector("canvas[data-pad]");
  if (pad) paint(pad);
}

// ---- clock, preview and sign of life ----------------------------------------------------------
function tick() {
  const now = new Date();
  const text = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
  for (const clock of document.querySelectorAll("[data-clock]")) clock.textContent = text;
}
document.addEventListener("visibilitychange", () => {
  for (const image of document.querySelectorAll("img[data-preview]")) image.src = document.hidden ? "" : "/preview";
});
setInterval(tick, 1000);
setInterval(() => requestAnimationFrame(() => fetch("/alive", { method: "POST" }).catch(() => {})), 5000);
// A browser that runs for weeks grows: the page begins anew at night while nobody is here.
setInterval(() => {
  const isIdle = document.querySelector("#bar [data-fetch='/staff']:not([data-for])") && !open;
  if (performance.now() > 2e7 && new Date().getHours() === 3 && isIdle) location.reload();
}, 60000);

for (const id of regions) byId(id).shown = byId(id).innerHTML;
settle();
listen();
