// What everything else stands on: the data, the filters, elements, and how figures are written.
const DATA = JSON.parse(document.getElementById("data").textContent);

/**
 * The filters; `values` has one for each attribute: `all`, `none` for records without a value, or the place of a value.
 * `missing` says what was chosen in another history and cannot be here.
 */
const state = { history: 0, period: "all", owner: -1, values: [], missing: [] };
const now = () => DATA.histories[state.history];

/** The filters by what a record is or who moved it last, of those that are set: the place and the key of each. */
const chosen = () => [...state.values, state.owner < 0 ? "all" : String(state.owner)].map((key, k) => [k, key]).filter(([, key]) => key !== "all");

/** What is drawn of the records that are chosen, if one filter does so, and if the models tell them apart. */
function segment() {
  const [only, ...more] = chosen();
  return only && !more.length ? now().segments[only[0]][only[1]] : undefined;
}

/** An element: attributes, listeners (`onclick`) and children; text stays text whatever is in it. */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const DIGITS = new Map([..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].map((c, n) => [c, n]));

/** The numbers of a packed column; null where there is none. First it says how many digits and decimals each has. */
function unpack(packed) {
  const [width, unit] = [Number(packed[0]), 10 ** Number(packed[1])];
  const found = new Array((packed.length - 2) / width);
  for (let n = 0, k = 2; n < found.length; n++) {
    let number = 0;
    for (const end = k + width; k < end; k++) number = number * 64 + DIGITS.get(packed[k]);
    found[n] = number === 0 ? null : (number - 1) / unit;
  }
  return found;
}

/** Rows of packed columns. */
function rowsOf(columns) {
  const names = Object.keys(columns);
  const [first, ...more] = names.map((name) => unpack(columns[name]));
  return (first ?? []).map((value, n) => Object.fromEntries(names.map((name, k) => [name, k ? more[k - 1][n] : value])));
}

/** The id of one record. */
function idOf(ids, n) {
  if (Array.isArray(ids)) return ids[n];
  const bytes = atob((ids.slice(n * 22, n * 22 + 22) + "==").replaceAll("-", "+").replaceAll("_", "/"));
  const hex = [...bytes].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// Figures
const count = (number) => (number === null || number === undefined ? "–" : number.toLocaleString("en-GB"));
const percent = (share) => (share === null || share === undefined ? "–" : `${(share * 100).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`);

/** A length of time in days, in the unit one would say. */
function length(days) {
  if (days === null || days === undefined) return "–";
  if (days < 1 / 24) return `${Math.round(days * 1440)} min`;
  if (days < 2) return `${Math.round(days * 24)} h`;
  return `${days < 9.95 ? days.toFixed(1) : Math.round(days).toLocaleString("en-GB")} d`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (number) => String(number).padStart(2, "0");
const dayText = (date) => `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
const instantText = (date) =>
  `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
const isoDay = (date) => date.toISOString().slice(0, 10);

/** `all`, `quarter:2026-07-01`, `month:2026-07-01`, or a week, as one says it. */
function periodText(key) {
  if (key === "all") return "All time";
  const [kind, start] = key.split(":");
  const [year, month] = start.split("-").map(Number);
  if (kind === "quarter") return `Q${(month + 2) / 3} ${year}`;
  if (kind === "month") return `${MONTHS[month - 1]} ${year}`;
  return `week of ${dayText(new Date(start))}`;
}

/** The months of a period, as `2026-07`; null for all of them. */
function monthsOf(key) {
  if (key === "all") return null;
  const [kind, start] = key.split(":");
  const [year, month] = start.split("-").map(Number);
  return Array.from({ length: kind === "quarter" ? 3 : 1 }, (_, n) => `${year}-${two(month + n)}`);
}

/** A value of an attribute, as its filter has it, and as one says it. */
const valueKey = (place) => (place === null ? "none" : String(place));
const valueText = (attribute, key) => (key === "none" ? "(none)" : attribute.values[key]);

const ownerText = (owner) => now().owners[owner];
const isOpenKind = (status) => now().statuses[status].kind === "open";

/** Which open records have a line and a point where there are more than can be listed. */
const LISTED = "those that are stuck first, and of them those that wait longest";

/** A status by name, marked if it is archived. */
function titleOf(status) {
  const { title, archived } = now().statuses[status];
  return archived ? `${title} (archived)` : title;
}

/** The open records of a history that are listed, unpacked once. */
function openOf(history) {
  if (history.unpacked) return history.unpacked;
  const open = history.open;
  const names = ["status", "owner", "entered", "month", "days", "percentile", "target", "past", "moves", "back"];
  const stays = ["before", "stay_status", "stay_owner", "stay_entered"];
  const found = Object.fromEntries([...names, ...stays].map((name) => [name, unpack(open[name])]));
  found.first = [];
  let first = 0;
  for (const before of found.before) found.first.push(first), (first += before);
  found.values = open.values.map(unpack);
  found.object = open.about.object ? unpack(open.about.object) : [];
  found.gaps = new Map(open.gaps);
  const base = Date.parse(open.base);
  found.instant = (minute) => new Date(base + minute * 60000);
  found.isStuck = (n) => found.past[n] === 1 || (found.percentile[n] ?? 0) >= 900;
  return (history.unpacked = found);
}

/** How many open records are alike in everything there is a filter for, unpacked once. */
function countsOf(history) {
  if (history.counts) return history.counts;
  const { values, ...columns } = history.open.counts;
  const placed = values.map(unpack);
  return (history.counts = rowsOf(columns).map((row, n) => ({ ...row, values: placed.map((places) => places[n]) })));
}

/** Whether the filters leave records of this owner, month and these values. */
function filter() {
  const months = monthsOf(state.period);
  const { months: named } = now().open;
  return (owner, month, valueOf) =>
    (state.owner < 0 || owner === state.owner) &&
    (!months || months.includes(named[month])) &&
    state.values.every((key, k) => key === "all" || key === valueKey(valueOf(k)));
}

/** The listed open records that the filters leave. */
function shownRecords() {
  const open = openOf(now());
  const isShown = filter();
  return open.status.map((_, n) => n).filter((n) => isShown(open.owner[n], open.month[n], (k) => open.values[k][n]));
}

/** The counts of all open records that the filters leave. */
function shownCounts() {
  const isShown = filter();
  return countsOf(now()).filter((c) => isShown(c.owner, c.month, (k) => c.values[k]));
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const sumOf = (counts, test) => sum(counts.filter(test).map((c) => c.number));
