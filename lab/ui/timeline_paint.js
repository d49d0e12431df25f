// How lanes look on a canvas: fills as tiles of pixels, geometry, letters. A `scene` holds all that is needed:
// { d: columns, meta: names and notes, view: [from, to], theme: colours, box: geometry }.

const SANS = 'system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif';
const MONO = 'ui-monospace,"SFMono-Regular",Menlo,Consolas,"DejaVu Sans Mono",monospace';

// -- fills --------------------------------------------------------------------------------------------------------

const STROKES = { // on a tile of 8 x 8, as in lab.core.svg
  hatch: g => { g.globalAlpha = 0.55; stroke(g, -2, 2, 2, -2); stroke(g, 0, 8, 8, 0); stroke(g, 6, 10, 10, 6); },
  dots: g => { for (const [x, y] of [[2, 2], [6, 6]]) { g.beginPath(); g.arc(x, y, 1, 0, 7); g.fill(); } },
  plus: g => { stroke(g, 4, 2, 4, 6); stroke(g, 2, 4, 6, 4); },
  cross: g => { g.globalAlpha = 0.6; g.lineWidth = 0.7; stroke(g, 0, 0, 8, 8); stroke(g, 8, 0, 0, 8); },
};

function stroke(g, x0, y0, x1, y1) {
  g.beginPath();
  g.moveTo(x0, y0);
  g.lineTo(x1, y1);
  g.stroke();
}

// A square of device pixels that repeats; a plain colour is one of 1 x 1.
function tile(colour, ratio = 1, ink = "", pattern = "") {
  const size = pattern in STROKES ? Math.round(8 * ratio) : 1;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const g = canvas.getContext("2d", { willReadFrequently: true });
  g.fillStyle = colour;
  g.fillRect(0, 0, size, size);
  if (pattern in STROKES) {
    g.scale(size / 8, size / 8);
    g.fillStyle = g.strokeStyle = ink;
    STROKES[pattern](g);
  }
  return { size, canvas, pixels: new Uint32Array(g.getImageData(0, 0, size, size).data.buffer) };
}

// The colours of the page's theme: as CSS texts (`css`), as tiles (`plain`), and body, edge and plain colour of every state (`look`).
// Gives back `old` where nothing changed.
function dress(root, states, ratio, old) {
  const style = getComputedStyle(root), css = {};
  for (const name of ["surface", "ink", "secondary", "edge", "idle", "good"]) css[name] = style.getPropertyValue(`--lab-${name}`);
  const fills = states.map(({ token }) => [style.getPropertyValue(`--lab-${token}`), style.getPropertyValue(`--lab-on-${token}`)]);
  const key = JSON.stringify([css, fills, ratio, style.fontSize]);
  if (old?.key === key) return old;
  const plain = Object.fromEntries(Object.entries(css).map(([name, colour]) => [name, tile(colour)]));
  const look = states.map(({ pattern, outline }, s) => ({
    outline,
    plain: tile(fills[s][0]),
    body: outline ? plain.surface : tile(fills[s][0], ratio, fills[s][1], pattern),
    edge: outline ? tile(fills[s][0]) : plain.edge,
  }));
  return { key, css, plain, look };
}

// -- geometry, in CSS pixels --------------------------------------------------------------------------------------

// `room`: what lanes and axis may take; few lanes take less, very many more.
// `kept`: how wide the notes of these lanes were; a shorter one does not move the axis.
function arrange(g, { d, meta }, kept, width, room, em, ratio) {
  const count = Math.max(d.names.length, 1), foot = Math.round(em * 1.9);
  const pitch = Math.max(4, Math.min((room - foot) / count, 130));
  const measure = (font, texts) => {
    g.font = font;
    return Math.max(0, ...texts.map(text => g.measureText(text ?? "").width));
  };
  if (kept.em !== em || kept.names !== d.names.join()) Object.assign(kept, { em, names: d.names.join(), notes: 0 });
  const notes = kept.notes = Math.max(kept.notes, measure(`600 ${em}px ${MONO}`, meta.notes ?? [])), bars = (meta.shares ?? []).some(share => share !== null);
  const tall = pitch >= em * 3, bar = bars ? (tall ? Math.max(notes, em * 4.5) : em * 3.2) : 0;
  const left = Math.ceil(Math.min(measure(`${em}px ${SANS}`, d.names) + 22, width * 0.3));
  const side = tall ? Math.max(notes, bar) : notes + (notes && bar ? em * 0.6 : 0) + bar;
  const right = Math.ceil(Math.max(side, measure(`${em}px ${SANS}`, [meta.unit]) + em * 0.6) + 22);
  return {
    width, ratio, em, foot, pitch, notes, bar, tall, left, right, plot: Math.max(width - left - right, 10),
    height: Math.round(pitch * count) + foot, gap: Math.max(0.5, Math.min(pitch * 0.12, 10)),
    skip: Math.max(1, Math.ceil(em * 1.25 / pitch)), // lanes lower than a line of text are not all named
  };
}

// -- drawing ------------------------------------------------------------------------------------------------------

// All lanes in one block of pixels; returns how many segments the fullest pixel holds.
function paint(g, { d, view, theme, box }) {
  const { ratio, left, plot, pitch, height, foot, gap } = box, { plain, look } = theme;
  const width = Math.round(plot * ratio), tall = Math.round((height - foot) * ratio);
  const image = g.createImageData(width, tall), pixels = new Uint32Array(image.data.buffer);
  const thin = Math.max(1, Math.round(ratio)), scale = width / (view[1] - view[0]);
  const rect = (x0, x1, y0, y1, { size, pixels: from }) => {
    x0 = Math.max(x0, 0);
    x1 = Math.min(x1, width);
    for (let y = y0; y < y1; y++) {
      const row = y * width, line = (y % size) * size;
      if (size === 1) pixels.fill(from[0], row + x0, row + x1);
      else for (let x = x0; x < x1; x++) pixels[row + x] = from[line + x % size];
    }
  };
  rect(0, width, 0, tall, plain.surface);
  for (const value of box.ticks[0]) {
    const x = Math.min(Math.round((value - view[0]) * scale), width - thin);
    rect(x, x + thin, 0, tall, plain.idle);
  }
  let most = 1;
  for (let k = 0; k < d.names.length; k++) {
    const y0 = Math.round((k * pitch + gap) * ratio), y1 = Math.max(Math.round(((k + 1) * pitch - gap) * ratio), y0 + 1);
    const lined = y1 - y0 > 6 * thin, top = d.tops[k] ?? 0;
    const layers = (x0, x1, shares, lines) => {
      let sum = 0, under = y1;
      for (let s = 0; s < shares.length; s++) {
        sum += shares[s];
        const over = y1 - Math.round(Math.min(sum, 1) * (y1 - y0));
        if (over === under) continue;
        rect(x0, x1, over, under, look[s].outline && !(lines && under - over > 3 * thin) ? look[s].edge : look[s].body);
        if (lines) rect(x0, x1, over, Math.min(over + thin, under), look[s].edge);
        if (lines && look[s].outline) rect(x0, x1, Math.max(under - thin, over), under, look[s].edge);
        under = over;
      }
    };
    const pile = (x, shares, n) => {
      most = Math.max(most, n);
      layers(x, x + 1, shares, top > 0);
    };
    if (d.points[k]) {
      let last = -1, crowd = 0;
      for (let j = after(d, k, view[0]); j < d.from[k + 1] && d.s[j] < view[1]; j++) {
        const x = Math.min(Math.round((d.s[j] - view[0]) * scale), width - 1);
        crowd = x === last ? crowd + 1 : 1;
        most = Math.max(most, crowd);
        rect(x - thin, x + 2 * thin, y0, y1, look[d.st[j]].plain);
        last = x;
      }
      continue;
    }
    const run = (x0, x1, j) => {
      if (top) return layers(x0, x1, Array.from(stack(d, d.states, d.order[j]), height => height / top), true);
      const { body, edge, outline } = look[d.st[j]], wide = x1 - x0 >= 4 * thin, line = outline ? 2 * thin : thin;
      rect(x0, x1, y0, y1, wide || !outline ? body : edge);
      if (lined) {
        rect(x0, x1, y0, y0 + line, edge);
        rect(x0, x1, y1 - line, y1, edge);
      }
      if (!wide) return;
      rect(x0, x0 + line, y0, y1, edge);
      rect(outline ? x1 - line : x1, outline ? x1 : x1 + thin, y0, y1, edge);
    };
    scan(d, k, view[0], scale, width, run, pile);
  }
  g.putImageData(image, Math.round(left * ratio), 0);
  return most;
}

function shorten(g, text, width) {
  if (g.measureText(text).width <= width) return text;
  while (text && g.measureText(`${text}…`).width > width) text = text.slice(0, -1);
  return `${text}…`;
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// Names left of the lanes; right of them the notes, and shares as bars with a tick where theory puts them.
function write_lanes(g, { d, meta, theme: { css }, box }) {
  const { em, left, plot, pitch, notes, bar, tall, skip } = box, right = left + plot + 11;
  g.textBaseline = "middle";
  for (let k = 0; k < d.names.length; k += skip) {
    const y = Math.max((k + 0.5) * pitch, em * 0.6), note = meta.notes?.[k], share = meta.shares?.[k], theory = meta.marks?.[k];
    const above = tall && typeof share === "number" ? em * 0.75 : 0;
    g.font = `${em}px ${SANS}`;
    g.fillStyle = css.ink;
    g.textAlign = "right";
    g.fillText(shorten(g, d.names[k], left - 16), left - 10, y);
    g.textAlign = "left";
    g.font = `600 ${em}px ${MONO}`;
    if (note) g.fillText(note, right, y - above);
    if (typeof share !== "number") continue;
    const x = tall || !notes ? right : right + notes + em * 0.6, thick = Math.min(em * 0.7, pitch * 0.6);
    const top = y + (above ? em * 0.5 : 0) - thick / 2;
    g.fillStyle = css.good;
    g.fillRect(x, top, bar * clamp(share, 0, 1), thick);
    g.strokeStyle = css.edge;
    g.lineWidth = 1;
    g.strokeRect(x + 0.5, top + 0.5, bar - 1, thick - 1);
    if (typeof theory !== "number") continue;
    g.fillStyle = css.ink;
    g.fillRect(x + bar * clamp(theory, 0, 1) - 1, top - 3, 2, thick + 6);
  }
}

function write_axis(g, { meta, view, theme: { css }, box }) {
  const { em, left, plot, height, foot } = box, top = height - foot, middle = top + foot / 2 + 2, end = left + plot;
  const [values, decimals] = box.ticks;
  g.strokeStyle = css.edge;
  g.lineWidth = 1;
  stroke(g, left, top + 0.5, end, top + 0.5);
  g.fillStyle = css.secondary;
  g.font = `${em}px ${MONO}`;
  g.textAlign = "center";
  let last = end;
  for (const value of values) {
    const x = left + (value - view[0]) / (view[1] - view[0]) * plot, text = axis_number(value, decimals);
    stroke(g, x, top, x, top + 5);
    g.fillText(text, x, middle);
    last = Math.max(end, x + g.measureText(text).width / 2);
  }
  g.font = `${em}px ${SANS}`;
  g.textAlign = "left";
  g.fillText(meta.unit ?? "", last + em * 0.4, middle);
}

// A state's fill as the legend shows it.
function swatch({ body, edge, outline }, em, ratio) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(1.3 * em * ratio), Math.round(em * ratio)];
  const g = canvas.getContext("2d"), line = (outline ? 2 : 1) * Math.max(1, Math.round(ratio));
  g.fillStyle = g.createPattern(edge.canvas, "repeat");
  g.fillRect(0, 0, canvas.width, canvas.height);
  g.fillStyle = g.createPattern(body.canvas, "repeat");
  g.fillRect(line, line, canvas.width - 2 * line, canvas.height - 2 * line);
  return canvas;
}
