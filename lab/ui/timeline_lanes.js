// What a timeline says and what stands in which pixel: words, numbers, columns. No page is touched here.
// timeline.py joins timeline_lanes.js, timeline_paint.js and timeline.js, in this order, into one module.

// -- words and numbers: the same as lab.core.lanes says, a test holds them equal ---------------------------------

// Four significant digits, thousands grouped, never an exponent; a tie goes to the even digit, as Python rounds.
export function amount(value) {
  const size = Math.abs(value);
  if (!size) return "0";
  const digits = size >= 9999.5 ? Number(size.toExponential().split("e")[1]) + 1 : 4;
  let [mantissa, power] = size.toExponential(digits - 1).split("e");
  mantissa = mantissa.replace(".", "");
  const exact = size.toExponential(Math.min(digits + 30, 100)).split("e")[0].replace(".", "");
  if (/^50*$/.test(exact.slice(digits)) && mantissa.at(-1) % 2) mantissa = mantissa.slice(0, -1) + (mantissa.at(-1) - 1);
  power = Number(power);
  if (power < 0) mantissa = "0".repeat(-power) + mantissa;
  const whole = mantissa.slice(0, Math.max(power, 0) + 1).padEnd(power + 1, "0");
  const part = mantissa.slice(Math.max(power, 0) + 1).replace(/0+$/, "");
  return (value < 0 ? "-" : "") + (size >= 9999.5 ? grouped(whole) : whole) + (part && "." + part);
}

const grouped = digits => digits.replace(/\B(?=(\d{3})+$)/g, ",");

export function fill(text, values) {
  return text.replace(/\{\{|\}\}|\{(\w+)(?::(x?))?\}/g, (all, name, hex) =>
    name ? (hex ? values[name].toString(16) : String(values[name])) : all[0]);
}

// Round values in [low, high], at most about `most`, and the decimals they need.
export function ticks(low, high, most) {
  const raw = (high - low) / Math.max(most, 1) || 1, power = Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find(m => m * 10 ** power >= raw * (1 - 1e-9)) * 10 ** power;
  const values = [];
  for (let k = Math.ceil(low / step - 1e-9); k <= Math.floor(high / step + 1e-9); k++) values.push(k * step);
  return [values, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))];
}

export function axis_number(value, decimals) {
  const [whole, part] = Math.abs(value).toFixed(decimals).split(".");
  return (value < 0 ? "-" : "") + grouped(whole) + (part ? "." + part : "");
}

// -- data ---------------------------------------------------------------------------------------------------------

// The columns as they came (index i) and, lane by lane, what drawing needs (index j; `order[j]` is i).
export function unpack(meta, view) {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength); // a copy is aligned
  const n = meta.count ?? 0;
  let at = 0;
  const column = (Kind, length = n) => {
    const made = new Kind(bytes, at, length);
    at += made.byteLength;
    return made;
  };
  const d = {
    n, start: column(Float64Array), end: column(Float64Array), who: column(Int32Array), what: column(Int32Array),
    group: column(Int32Array), lane: column(Uint16Array), heights: column(Uint16Array, meta.heights ?? 0), state: column(Uint8Array),
  };
  const names = meta.names ?? [], states = meta.states ?? [];
  d.from = new Uint32Array(names.length + 1);
  for (let i = 0; i < n; i++) d.from[d.lane[i] + 1]++;
  for (let k = 0; k < names.length; k++) d.from[k + 1] += d.from[k];
  const next = d.from.slice();
  d.order = new Uint32Array(n);
  d.place = new Uint32Array(n);
  d.s = new Float64Array(n);
  d.e = new Float64Array(n);
  d.st = new Uint8Array(n);
  let [low, high] = meta.span ?? [0, 1];
  const present = new Uint8Array(states.length), points = new Uint8Array(names.length), tops = meta.tops ?? [];
  for (let i = 0; i < n; i++) {
    const j = next[d.lane[i]]++;
    d.order[j] = i;
    d.place[i] = j;
    d.s[j] = d.start[i];
    d.e[j] = d.end[i];
    d.st[j] = d.state[i];
    if (tops[d.lane[i]]) stack(d, states, i).forEach((count, s) => { if (count) present[s] = 1; });
    else if (d.end[i] > d.start[i]) present[d.state[i]] = 1;
    else points[d.lane[i]] = 1; // a lane of instants: its name says what they are
    if (d.start[i] < low) low = d.start[i];
    if (d.end[i] > high) high = d.end[i];
  }
  return { ...d, names, states, present, points, tops, extent: [low, high] };
}

// How many things are in each state during segment i of an area lane.
const stack = (d, states, i) => d.heights.subarray(d.what[i] * states.length, (d.what[i] + 1) * states.length);

// That in words, as lab.core.lanes says it.
export function stack_words(d, i, lasts) {
  const counts = stack(d, d.states, i);
  return [...d.states.flatMap((state, s) => (counts[s] ? [`${state.word}: ${counts[s]}`] : [])), lasts].join(", ");
}

// The instant of `lane` nearest to `time`, not further away than `reach`; -1 for none.
export function nearest(d, lane, time, reach) {
  let best = -1;
  for (let j = after(d, lane, time - reach); j < d.from[lane + 1] && d.s[j] <= time + reach; j++) {
    if (best < 0 || Math.abs(d.s[j] - time) < Math.abs(d.s[best] - time)) best = j;
  }
  return best;
}

// The first segment of `lane` that ends after `time` (none: the lane's end). Segments of a lane do not overlap.
export function after(d, lane, time) {
  let low = d.from[lane], high = d.from[lane + 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (d.e[middle] > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

// One lane in whole pixels: `run(x0, x1, j)` where segment j fills them (of two that share a pixel, the one with more
// of it), `pile(x, shares, n)` where pixel x holds n segments; `shares` is what part of the pixel each state has. In an
// area lane that is its mean height, and every pixel with several segments is a pile.
export function scan(d, lane, low, scale, width, run, pile) {
  const top = d.tops[lane] ?? 0, shares = new Float64Array(d.states.length), end = d.from[lane + 1], high = low + width / scale;
  let column = -1, best = -1, most = 0, count = 0, within = false; // the pixel in dispute
  let run0 = -1, run1 = -1, owner = -1; // the run that may grow
  const put = (x0, x1, j) => {
    if (owner === j && run1 === x0) run1 = x1;
    else {
      if (owner >= 0) run(run0, run1, owner);
      [run0, run1, owner] = [x0, x1, j];
    }
  };
  const settle = () => {
    if ((within || top) && count > 1) {
      if (owner >= 0) run(run0, run1, owner);
      owner = -1;
      pile(column, shares, count);
    } else put(column, column + 1, best);
    shares.fill(0);
    column = best = -1;
    most = count = 0;
    within = false;
  };
  const share = (x, j, part) => {
    if (x !== column && column >= 0) settle();
    column = x;
    count++;
    if (top) stack(d, d.states, d.order[j]).forEach((height, s) => { shares[s] += part * height / top; });
    else shares[d.st[j]] += part;
    if (part > most) [best, most] = [j, part];
  };
  for (let j = after(d, lane, low); j < end && d.s[j] < high; j++) {
    const x0 = Math.max((d.s[j] - low) * scale, 0), x1 = Math.min((d.e[j] - low) * scale, width);
    const first = Math.min(x0 | 0, width - 1), last = Math.min(x1 | 0, width);
    share(first, j, Math.min(x1, first + 1) - x0);
    if (last === first) within = true;
    else {
      settle();
      if (last > first + 1) put(first + 1, last, j);
      if (x1 > last) share(last, j, x1 - last);
    }
  }
  if (column >= 0) settle();
  if (owner >= 0) run(run0, run1, owner);
}
