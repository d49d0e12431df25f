// The race: what stands still is drawn in Python, what moves is drawn here from the same geometry.
const NS = "http://www.w3.org/2000/svg";
const TICK = 3; // px, as in lane_picture.py
const fill = token => `var(--lab-${token})`;
let views = 0;

function render({ model, el }) {
  const own = `lab-race-${++views}`;
  const root = document.createElement("div");
  root.className = "lab lab-race";
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  root.setAttribute("aria-roledescription", "race");
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.innerHTML = `<div class="lab-stage"></div>
    <div class="lab-race-bar">
      <button data-do="play"></button>
      <button data-do="step" title="One comparison in every lane (→; ← goes back)">→ Step</button>
      <span class="lab-race-clock" aria-hidden="true"></span><span class="lab-gap"></span>
      <select data-do="methods" aria-label="Add or remove a method"></select>
      <button data-do="random" title="Another name of the table">Random name</button>
      <button data-do="missing" title="A name that was exported once and is no more">Missing name</button>
    </div><div class="lab-unseen" role="status" aria-live="polite"></div>`;
  el.append(root);
  const $ = css => root.querySelector(css);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let lanes = [], topic, moving, last = 0, at = 0, playing = 0, begun = 0, frame = 0;

  const add = (parent, tag, attributes, text) => {
    const node = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  };
  const bar = (parent, x, y, width, height, token, edge) => {
    const box = { x: x.toFixed(2), y, width: Math.max(0, width).toFixed(2), height };
    add(parent, "rect", { ...box, fill: token ? fill(token) : "none", ...(edge ? { stroke: fill(edge) } : {}) });
    if (["wait", "bad", "cost", "new"].includes(token)) add(parent, "rect", { ...box, fill: `url(#${own}-${token})` });
  };
  const edgeOf = (lane, place) => lane.x + lane.width * place / lane.places;
  const tick = (lane, place) => {
    const left = edgeOf(lane, place), right = edgeOf(lane, place + 1);
    if (right - left >= TICK) return [left, right - left];
    return [Math.min(Math.max(lane.x, (left + right - TICK) / 2), lane.x + lane.width - TICK), TICK];
  };

  // What moves, after `at` comparisons.
  const draw = () => {
    moving.replaceChildren();
    for (const lane of lanes) {
      const k = Math.min(at, lane.total), done = k === lane.total;
      const open = !lane.scan ? lane.open[k] : done ? (lane.found ? [[lane.end, lane.end + 1]] : []) : [[k, lane.places]];
      let cursor = 0;
      for (const [low, high] of [...open, [lane.places, lane.places]]) {
        if (low > cursor) bar(moving, edgeOf(lane, cursor), lane.y, edgeOf(lane, low) - edgeOf(lane, cursor), lane.height, "idle");
        cursor = Math.max(cursor, high);
      }
      if (lane.scan && k) bar(moving, lane.x, lane.y, Math.max(TICK, edgeOf(lane, k) - lane.x), lane.height, "wait");
      for (const probe of lane.probes.slice(0, k)) bar(moving, ...pair(tick(lane, probe), lane), "wait", "edge");
      if (done && lane.found) {
        const [left, wide] = tick(lane, lane.end);
        bar(moving, left, lane.y - 3, wide, lane.height + 6, "good", "ink");
      }
      bar(moving, lane.x, lane.y, lane.width, lane.height, "", "edge");
      const mono = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace";
      add(moving, "text", { x: lane.counter, y: lane.base, "font-size": lane.big,
        "font-weight": 600, "font-family": mono, "text-anchor": "end", fill: fill("ink") }, k.toLocaleString("en-US"));
      const mark = done ? (lane.found ? "✓ " : "✕ ") : "";
      add(moving, "text", { x: lane.said_at, y: lane.head, "font-size": lane.text, fill: fill("secondary") }, mark + saying(lane, k));
    }
    $(".lab-race-clock").textContent = `${(at / model.get("rate")).toFixed(2)} s at ${model.get("rate").toLocaleString("en-US")} a second`;
    $('[data-do="play"]').textContent = playing ? "❚❚ Pause" : "▶ Play";
    $('[data-do="play"]').setAttribute("aria-label", playing ? "Pause" : "Play the race from the start");
  };
  const pair = ([left, wide], lane) => [left, lane.y, wide, lane.height];
  const saying = (lane, k) => {
    if (!lane.scan || lane.said[k] !== undefined) return lane.said[k] ?? "";
    return lane.said[Math.floor(k / 100) * 100] ?? "";
  };

  const tell = () => { // the frame's why line follows the step
    const key = at >= last ? "" : String(at);
    if (model.get("selected") === key) return;
    model.set("selected", key);
    model.save_changes();
  };
  const stop = () => { playing = 0; cancelAnimationFrame(frame); };
  const finish = () => {
    stop();
    at = last;
    draw();
    $(".lab-unseen").textContent = lanes.map(l => `${l.word}: ${l.total} comparisons, ${l.found ? "found" : "missing"}`).join("; ");
    tell();
  };
  const run = now => {
    if (!playing) return;
    at = Math.min(last, playing - 1 + Math.floor(Math.max(0, now - begun) * model.get("rate") / 1000));
    if (at >= last) return finish();
    draw();
    frame = requestAnimationFrame(run);
  };
  const play = () => {
    if (playing) { stop(); draw(); tell(); return; }
    if (still.matches || !last) return finish();
    if (at >= last) at = 0;
    playing = at + 1; // where this run began, and not zero
    begun = performance.now();
    frame = requestAnimationFrame(run);
    draw();
  };
  const step = by => {
    stop();
    at = at >= last && by > 0 ? Math.min(1, last) : Math.max(0, Math.min(last, at + by));
    draw();
    tell();
  };

  const offer = () => { // one list: what can be added, what can be removed
    const list = $('[data-do="methods"]'), shown = lanes.map(lane => lane.id);
    const group = (label, items) => {
      if (!items.length) return;
      const made = document.createElement("optgroup");
      made.label = label;
      for (const [id, word] of items) made.append(new Option(`${label} ${word}`, id));
      list.append(made);
    };
    const methods = model.get("methods");
    list.replaceChildren(new Option("Add a method", ""));
    group("add", methods.filter(([id]) => !shown.includes(id)));
    if (shown.length > 1) group("remove", methods.filter(([id]) => shown.includes(id)));
    list.hidden = !methods.length;
  };

  const load = () => {
    const same = topic === model.get("topic"); // the same race drawn anew, in another size, goes on
    if (!same) stop();
    topic = model.get("topic");
    const shown = model.get("svg");
    $(".lab-stage").innerHTML = shown.replaceAll('id="lab-', `id="${own}-`).replaceAll("url(#lab-", `url(#${own}-`);
    const svg = $(".lab-stage svg");
    if (!svg) return;
    const width = svg.viewBox.baseVal.width;
    svg.removeAttribute("height");
    svg.style.maxWidth = `${width}px`;
    root.setAttribute("aria-label", [...svg.querySelectorAll("title, desc")].slice(0, 2).map(t => t.textContent).join(". "));
    lanes = model.get("lanes");
    last = Math.max(0, ...lanes.map(lane => lane.total));
    if (!same) at = last;
    offer();
    moving = add(svg, "g", {});
    draw();
  };

  root.addEventListener("click", event => {
    const what = event.target.closest("button")?.dataset.do;
    if (what === "play") play();
    else if (what === "step") step(1);
    else if (what) model.send({ do: what });
  });
  $('[data-do="methods"]').addEventListener("change", event => {
    if (event.target.value) model.send({ do: "method", method: event.target.value });
    event.target.value = "";
  });
  root.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.tagName === "SELECT" && event.key !== "Escape") { event.stopPropagation(); return; }
    const button = event.target.closest("button");
    if (event.key === "ArrowRight") step(1);
    else if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "Home") { stop(); at = 0; draw(); tell(); }
    else if (event.key === "End") finish();
    else if (event.key === " " && !button) play();
    else if (event.key === "Escape") event.target.blur();
    else if (event.key.length > 1 || (button && event.key === " ")) return; // Tab and Enter keep their meaning
    event.preventDefault();
    event.stopPropagation(); // letters typed here are no notebook shortcuts
  });
  model.on("change:lanes", load);
  model.on("change:svg", load);
  load();
  return () => { stop(); model.off("change:lanes", load); model.off("change:svg", load); };
}
export default { render };
