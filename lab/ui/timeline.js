// The timeline on the page: window, choice, keys, pointer. Drawing is in timeline_paint.js, words in timeline_lanes.js.

const HINT = "Left and right pan, plus and minus zoom, 0 fits, up and down change the lane, brackets step through the segments, Escape leaves.";
let made = 0;

function render({ model, el }) {
  const own = `lab-timeline-${++made}`, root = document.createElement("div");
  root.className = "lab lab-timeline";
  root.setAttribute("data-lm-suppress-shortcuts", "true"); // for the notebook; it heeds it on what has the focus, too
  root.innerHTML = `
    <div class="lab-timeline-top"><ul class="lab-legend" aria-label="Legend"></ul>
      <div class="lab-timeline-keys"><span class="lab-crowd"></span></div></div>
    <div class="lab-timeline-stage" tabindex="0" data-lm-suppress-shortcuts="true" role="application" aria-roledescription="timeline" aria-describedby="${own}">
      <canvas class="lab-timeline-base" role="img"></canvas><canvas class="lab-timeline-marks" aria-hidden="true"></canvas>
      <div class="lab-tip" aria-hidden="true" hidden></div></div>
    <div class="lab-unseen lab-said" aria-live="polite"></div><div class="lab-unseen" id="${own}">${HINT}</div><div class="lab-em"></div>`;
  el.append(root);
  const $ = css => root.querySelector(css);
  const stage = $(".lab-timeline-stage"), base = $(".lab-timeline-base"), marks = $(".lab-timeline-marks");
  const said = $(".lab-said"), tip = $(".lab-tip"), crowd = $(".lab-crowd"), legend = $(".lab-legend");

  let d = null; // the columns; null: to be taken from the model
  let meta = {}, theme = null, box = null, view = [0, 1];
  let span = ""; // the first window of these data, as text
  let lane = 0, hover = null, frame = 0;
  const kept = {}; // see arrange

  const long = value => `${amount(value)} ${meta.unit}`.trimEnd();
  const words = i => d.tops[d.lane[i]] ? stack_words(d, i, long(d.end[i] - d.start[i])) : fill(d.states[d.state[i]].text, {
    who: d.who[i], what: d.what[i], at: long(d.start[i]), for: long(d.end[i] - d.start[i]),
  });
  const window_shown = () => `${long(view[0])} to ${long(view[1])}`;
  const say = text => { said.textContent = text; };

  // -- drawing --

  const later = () => { frame ||= requestAnimationFrame(draw); };
  const renew = () => { d = null; later(); };

  function take() {
    meta = model.get("meta");
    d = unpack(meta, model.get("columns"));
    hover = theme = null;
    lane = clamp(lane, 0, Math.max(d.names.length - 1, 0));
    if (JSON.stringify(meta.span) !== span) view = [...(meta.span ?? [0, 1])]; // else the window stays as it was zoomed
    span = JSON.stringify(meta.span);
  }

  function draw() {
    frame = 0;
    const began = performance.now(), width = stage.clientWidth, ratio = window.devicePixelRatio || 1;
    if (!d) take();
    if (!width) return; // not on the page, or behind the table
    const em = parseFloat(getComputedStyle(root).fontSize), dressed = dress(root, d.states, ratio, theme);
    if (dressed !== theme) {
      theme = dressed;
      write_legend(em, ratio);
    }
    const g = base.getContext("2d"), scene = { d, meta, view, theme };
    box = scene.box = arrange(g, scene, kept, width, model.get("height") - $(".lab-timeline-top").offsetHeight, em, ratio);
    box.ticks = ticks(view[0], view[1], Math.floor(box.plot / (em * 6)));
    stage.style.height = `${box.height}px`;
    for (const canvas of [base, marks]) [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(box.height * ratio)];
    g.scale(ratio, ratio);
    const most = paint(g, scene);
    write_lanes(g, scene);
    write_axis(g, scene);
    crowd.textContent = most > 1 ? `up to ${grouped(String(most))} per pixel` : "";
    crowd.title = most > 1 ? "So many segments are in one pixel; its colours show their shares, stacked. Zoom in to see them." : "";
    describe();
    mark();
    performance.clearMeasures("lab-timeline");
    performance.measure("lab-timeline", { start: began });
  }

  function write_legend(em, ratio) {
    const item = (sign, word) => {
      const li = document.createElement("li");
      li.append(sign, word);
      return li;
    };
    const items = d.states.flatMap((state, s) => (d.present[s] ? [item(swatch(theme.look[s], em, ratio), state.word)] : []));
    if ((meta.marks ?? []).some(theory => typeof theory === "number")) items.push(item(document.createElement("i"), "theory"));
    legend.replaceChildren(...items);
  }

  // For readers of screens: the answer; the window, and every lane with its note.
  function describe() {
    const text = model.get("headline").replaceAll("`", "") || `${grouped(String(d.n))} segments, lanes: ${d.names.join(", ")}`;
    stage.setAttribute("aria-label", text);
    base.setAttribute("aria-label", text);
    base.textContent = [window_shown(), ...d.names.map((name, k) => (meta.notes?.[k] ? `${name}: ${meta.notes[k]}` : name))].join("; ");
  }

  // -- what is chosen --

  const chosen = () => {
    const i = model.get("selected");
    return i >= 0 && i < d.n ? i : -1;
  };
  const place = time => box.left + (time - view[0]) / (view[1] - view[0]) * box.plot;
  const time = x => view[0] + (x - box.left) / box.plot * (view[1] - view[0]);

  // Outlines, on a layer of their own: hovering draws nothing else again.
  function mark() {
    if (!box || !d) return;
    const g = marks.getContext("2d"), focused = document.activeElement === stage, i = chosen();
    const end = box.left + box.plot, tall = box.pitch - 2 * box.gap;
    g.setTransform(box.ratio, 0, 0, box.ratio, 0, 0);
    g.clearRect(0, 0, box.width, box.height);
    if (focused && d.names.length) {
      g.fillStyle = theme.css.ink;
      g.fillRect(box.left - 6, lane * box.pitch + box.gap, 3, tall);
    }
    g.save();
    g.beginPath();
    g.rect(box.left - 3, 0, box.plot + 6, box.height);
    g.clip();
    const around = k => {
      const x0 = Math.max(place(d.start[k]), box.left - 9), x1 = Math.min(place(d.end[k]), end + 9);
      if (x1 < box.left || x0 > end) return;
      for (const [colour, width] of [[theme.css.surface, 4], [theme.css.ink, 2]]) {
        g.strokeStyle = colour;
        g.lineWidth = width;
        g.strokeRect(x0 - 1, d.lane[k] * box.pitch + box.gap - 1, x1 - x0 + 2, tall + 2);
      }
    };
    const at = hover?.segment ?? -1, group = d.group[at >= 0 ? at : i];
    if (group >= 0) for (let k = 0; k < d.n; k++) if (d.group[k] === group) around(k);
    for (const k of [i, at]) if (k >= 0) around(k);
    g.restore();
    tip.hidden = !hover && !(focused && i >= 0);
    if (hover) put_tip(hover.text, hover.x, hover.y + 1.2 * box.em);
    else if (!tip.hidden) put_tip(words(i), clamp(place((d.start[i] + d.end[i]) / 2), box.left, end), (d.lane[i] + 0.6) * box.pitch);
  }

  function put_tip(text, x, y) {
    tip.textContent = text;
    tip.style.left = `${clamp(x + 10, 0, Math.max(box.width - tip.offsetWidth - 2, 0))}px`;
    tip.style.top = `${clamp(y, 0, Math.max(box.height - tip.offsetHeight - 2, 0))}px`;
  }

  // What lies under a point: a segment, or in words what the several of one pixel do.
  function find(x, y) {
    const k = Math.floor(y / box.pitch);
    if (k < 0 || k >= d.names.length) return null;
    if (x < box.left || x >= box.left + box.plot) {
      const theory = meta.marks?.[k];
      const parts = [meta.notes?.[k], typeof theory === "number" ? `theory ${amount(100 * theory)} %` : ""].filter(Boolean);
      return { segment: -1, lane: k, x, y, text: [d.names[k], ...(parts.length ? [parts.join(", ")] : [])].join(": ") };
    }
    if (d.points[k]) {
      const j = nearest(d, k, time(x), (view[1] - view[0]) / box.plot * 6);
      return j < 0 ? null : { segment: d.order[j], lane: k, x, y, text: words(d.order[j]) };
    }
    const low = time(Math.floor(x)), high = time(Math.floor(x) + 1), middle = (low + high) / 2;
    const shares = new Float64Array(d.states.length), from = after(d, k, low), end = d.from[k + 1];
    let to = from, within = false, at = from;
    for (; to < end && d.s[to] < high; to++) {
      within ||= d.s[to] >= low && d.e[to] <= high;
      if (d.s[to] <= middle) at = to;
      shares[d.st[to]] += (Math.min(d.e[to], high) - Math.max(d.s[to], low)) / (high - low);
    }
    if (to === from) return null;
    if (within && to - from > 1 && !d.tops[k]) {
      const parts = d.states.flatMap((s, n) => (shares[n] >= 0.005 ? [`${s.word} ${Math.round(100 * shares[n])} %`] : []));
      return { segment: -1, lane: k, x, y, text: `${to - from} segments in ${long(high - low)}: ${parts.join(", ")}` };
    }
    return { segment: d.order[at], lane: k, x, y, text: words(d.order[at]) };
  }

  function choose(i) {
    lane = d.lane[i];
    model.set("selected", i);
    model.save_changes();
    say(`${d.names[lane]}: ${words(i)}`);
  }

  // Bring the chosen segment into the window; the zoom stays.
  function reveal() {
    if (!d) return;
    const i = chosen();
    if (i >= 0) {
      lane = d.lane[i];
      const wide = view[1] - view[0], middle = (d.start[i] + d.end[i]) / 2;
      if (d.end[i] <= view[0] || d.start[i] >= view[1]) look_at(middle - wide / 2, middle + wide / 2);
    }
    mark();
  }

  function step(by) {
    const from = d.from[lane], end = d.from[lane + 1], i = chosen();
    if (from === end) return say(`${d.names[lane]}: no segments`);
    const next = i >= 0 && d.lane[i] === lane ? d.place[i] + by : by > 0 ? after(d, lane, view[0]) : after(d, lane, view[1]) - 1;
    const j = clamp(next, from, end - 1);
    if (d.order[j] === i) return say(by > 0 ? "last segment" : "first segment");
    choose(d.order[j]);
    reveal();
  }

  function change_lane(by) {
    const i = chosen(), next = clamp(lane + by, 0, d.names.length - 1);
    if (next === lane) return;
    lane = next;
    say([d.names[lane], meta.notes?.[lane]].filter(Boolean).join(", "));
    const j = i < 0 ? -1 : Math.min(after(d, lane, (d.start[i] + d.end[i]) / 2), d.from[lane + 1] - 1);
    if (j >= d.from[lane]) choose(d.order[j]); // the segment of the same time
    reveal();
  }

  // -- the window --

  function look_at(low, high) {
    const [first, last] = d.extent, wide = clamp(high - low, (last - first) * 1e-7, last - first);
    const begin = clamp((low + high - wide) / 2, first, last - wide);
    view = [begin, begin + wide];
    hover = null;
    later();
  }

  const pan = share => look_at(view[0] + share * (view[1] - view[0]), view[1] + share * (view[1] - view[0]));
  const zoom = (factor, at) => look_at(at - (at - view[0]) * factor, at + (view[1] - at) * factor);
  const centre = () => {
    const i = chosen(), middle = i < 0 ? NaN : (d.start[i] + d.end[i]) / 2;
    return middle > view[0] && middle < view[1] ? middle : (view[0] + view[1]) / 2;
  };
  const MOVES = {
    ArrowLeft: () => pan(-0.2), ArrowRight: () => pan(0.2), "-": () => zoom(2, centre()), "+": () => zoom(0.5, centre()),
    0: () => look_at(...(meta.span ?? [0, 1])),
  };

  function move(name) {
    if (!d) return;
    MOVES[name]();
    say(window_shown());
  }

  for (const [name, sign, title] of [
    ["ArrowLeft", "◀", "Earlier (left arrow)"], ["ArrowRight", "▶", "Later (right arrow)"],
    ["-", "−", "Zoom out (minus)"], ["+", "+", "Zoom in (plus)"], ["0", "Fit", "Fit (0, double-click)"],
  ]) {
    const button = document.createElement("button");
    [button.type, button.textContent, button.title] = ["button", sign, title];
    button.setAttribute("aria-label", title.split(" (")[0]);
    button.tabIndex = -1; // twins of keys, drag and wheel for the pointer: the view stays one tab stop
    button.addEventListener("click", () => { move(name); stage.focus({ preventScroll: true }); }); // its keys go on
    $(".lab-timeline-keys").append(button);
  }

  // -- keys and pointer --

  stage.addEventListener("keydown", event => {
    if (!d || ((event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph"))) return;
    const key = { "=": "+", _: "-" }[event.key] ?? event.key;
    hover = null;
    if (key in MOVES) move(key);
    else if (key === "[" || key === "]") step(key === "]" ? 1 : -1);
    else if (key === "ArrowUp" || key === "ArrowDown") change_lane(key === "ArrowDown" ? 1 : -1);
    else if (key === "Escape") stage.blur();
    else if (key.length > 1) return; // Tab and the like keep their meaning
    event.preventDefault();
    event.stopPropagation(); // letters typed here are no shortcuts of the notebook
  });
  // A click beside the lanes is meant for them too; else the next keys would go to the notebook.
  root.addEventListener("mousedown", event => {
    if (stage.contains(event.target) || event.target.closest("button")) return;
    event.preventDefault();
    stage.focus({ preventScroll: true });
  });
  stage.addEventListener("focus", mark);
  stage.addEventListener("blur", () => { hover = null; mark(); });

  stage.addEventListener("wheel", event => {
    if (!box || !(event.ctrlKey || event.metaKey)) return; // a plain wheel scrolls the page
    event.preventDefault();
    const turn = clamp(event.deltaY * (event.deltaMode === 1 ? 20 : 1), -200, 200);
    zoom(2 ** (turn / 150), clamp(time(event.offsetX), view[0], view[1]));
  }, { passive: false });

  let drag = null;
  stage.addEventListener("pointerdown", event => {
    if (!box || event.button !== 0) return;
    stage.focus({ preventScroll: true });
    stage.setPointerCapture(event.pointerId);
    drag = { x: event.offsetX, view, moved: false };
  });
  stage.addEventListener("pointermove", event => {
    if (!box || !d) return;
    if (!drag) {
      hover = find(event.offsetX, event.offsetY);
      return mark();
    }
    drag.moved ||= Math.abs(event.offsetX - drag.x) > 3;
    if (!drag.moved) return;
    const way = (event.offsetX - drag.x) / box.plot * (drag.view[1] - drag.view[0]);
    stage.classList.add("lab-dragging");
    look_at(drag.view[0] - way, drag.view[1] - way);
  });
  const drop = event => {
    const found = drag && !drag.moved && event.type === "pointerup" && d ? find(event.offsetX, event.offsetY) : null;
    drag = null;
    stage.classList.remove("lab-dragging");
    if (found) lane = found.lane;
    if (found?.segment >= 0) choose(found.segment);
    mark();
  };
  stage.addEventListener("pointerup", drop);
  stage.addEventListener("pointercancel", drop);
  stage.addEventListener("pointerleave", () => { hover = null; mark(); });
  stage.addEventListener("dblclick", () => move("0"));

  // -- what changes from outside --

  const heard = { columns: renew, meta: renew, headline: later, height: later, selected: reveal };
  for (const [name, act] of Object.entries(heard)) model.on(`change:${name}`, act);
  const sized = new ResizeObserver(later); // the page's width, and the size of its letters
  sized.observe(root);
  sized.observe($(".lab-em"));
  const themed = new MutationObserver(later);
  themed.observe(document.body, { attributes: true });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", later);
  window.addEventListener("resize", later); // the browser's own zoom
  later();
  return () => {
    cancelAnimationFrame(frame);
    sized.disconnect();
    themed.disconnect();
    system.removeEventListener("change", later);
    window.removeEventListener("resize", later);
    for (const [name, act] of Object.entries(heard)) model.off(`change:${name}`, act);
  };
}
export default { render };
