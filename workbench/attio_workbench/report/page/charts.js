// The frame around every picture: colours, when it is drawn, what stands beneath it.
const root = document.documentElement;
const color = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** A colour between others, at a share of the way. */
function between(colors, share) {
  const place = share * (colors.length - 1);
  const n = Math.min(Math.floor(place), colors.length - 2);
  const [from, to] = [colors[n], colors[n + 1]].map((c) => [1, 3, 5].map((k) => parseInt(c.slice(k, k + 2), 16)));
  return `#${from.map((c, k) => Math.round(c + (to[k] - c) * (place - n)).toString(16).padStart(2, "0")).join("")}`;
}

/** The colour of a status, the same in every picture: open ones stand out more along the way, and the ends stand apart. */
function statusColor(status) {
  const statuses = now().statuses;
  const same = statuses.map((one, n) => n).filter((n) => statuses[n].kind === statuses[status].kind);
  const share = same.length > 1 ? same.indexOf(status) / (same.length - 1) : 0.5;
  const ramp = { open: ["open-first", "open-middle", "open-last"], won: ["won", "won"], lost: ["lost-first", "lost-last"], paused: ["paused", "paused"] };
  return between((ramp[statuses[status].kind] || ramp.open).map(color), share);
}

/** Black or white, whichever can be read on a colour. */
function inkOn(background) {
  const [r, g, b] = [1, 3, 5].map((k) => (parseInt(background.slice(k, k + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.3 ? "#14181f" : "#ffffff";
}

/** Fine patterns, so that neighbours differ without their colour too. */
function decals() {
  const fine = { color: color("decal"), dashArrayX: [1, 0], rotation: Math.PI / 4 };
  return [
    { symbol: "none" },
    { ...fine, dashArrayY: [1, 7] },
    { ...fine, symbol: "circle", symbolSize: 0.35, dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], rotation: 0 },
    { ...fine, dashArrayY: [1, 7], rotation: -Math.PI / 4 },
    { ...fine, dashArrayY: [1, 5], rotation: 0 },
    { ...fine, dashArrayY: [1, 5], rotation: Math.PI / 2 },
  ];
}
const decalOf = (status) => decals()[status % 6];

const text = (more) => ({ color: color("muted"), fontFamily: FONT, fontSize: 12, ...more });

/** What stands beside an axis and is read first, in as many lines as it takes. */
const LINE = 14;
const inkText = (more) => text({ color: color("ink"), lineHeight: LINE, ...more });

const pen = document.createElement("canvas").getContext("2d");

/** A text in lines no wider than this: nothing of it is cut, and only a word that is wider by itself is broken. */
function linesOf(text, width, size = 12) {
  pen.font = `${size}px ${FONT}`;
  const lines = [""];
  const adds = (piece) => {
    const fits = pen.measureText(lines.at(-1) + piece).width <= width;
    if (fits) lines[lines.length - 1] += piece;
    return fits;
  };
  for (const word of text.split(/\s+/)) {
    if (adds(lines.at(-1) ? ` ${word}` : word)) continue;
    if (lines.at(-1)) lines.push("");
    for (const letter of word) adds(letter) || lines.push(letter);
  }
  return lines;
}

const mostLines = (names) => Math.max(1, ...names.map((lines) => lines.length));

/** Names at the left of rows: the room they take, how high a row is (at least so high), and what they say, whole. */
function besideRows(texts, box, least) {
  const left = box.small ? 102 : 150;
  const names = texts.map((text) => linesOf(text, left - 10));
  return { left, row: Math.max(least, mostLines(names) * LINE + 6), names: names.map((lines) => lines.join("\n")) };
}

function axis(more) {
  return {
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: text(),
    nameTextStyle: text(),
    splitLine: { lineStyle: { color: color("line"), width: 1 } },
    ...more,
  };
}

/** Days on a scale that gives the first ones room: 0 at the left, each step a larger unit; twice as long is as far everywhere. */
const stretched = (days) => Math.log10(1 + days);
const unstretched = (place) => 10 ** place - 1;
const AGE_TICKS = [[0, "0"], [1, "1 d"], [3, "3 d"], [7, "1 wk"], [14, "2 wk"], [30, "30 d"], [90, "90 d"], [180, "180 d"], [365, "1 y"], [1095, "3 y"], [3650, "10 y"]];

function stretchedAxis(most, more) {
  const ticks = AGE_TICKS.filter(([day]) => day <= most);
  const tickText = (place) => ticks.find(([day]) => Math.abs(stretched(day) - place) < 1e-6)?.[1] ?? "";
  return axis({
    type: "value",
    min: 0,
    max: stretched(most),
    splitLine: { show: false },
    axisLabel: text({ customValues: ticks.map(([day]) => stretched(day)), formatter: tickText, hideOverlap: true }),
    ...more,
  });
}

/** The labels of a time axis so many pixels wide: firsts of months, or every so many days where there are few, equally far apart. */
function dateLabels(first, last, width) {
  const most = Math.max(2, Math.floor(width / 70));
  const month = (n) => new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + n, 1));
  const months = [];
  for (let n = 0; month(n) <= last; n++) if (month(n) >= first) months.push(month(n));
  const dayOf = (value) => `${new Date(value).getUTCDate()} ${MONTHS[new Date(value).getUTCMonth()]}`;
  const monthOf = (value) => MONTHS[new Date(value).getUTCMonth()] + (new Date(value).getUTCMonth() ? "" : ` ${new Date(value).getUTCFullYear()}`);
  const labels = (dates, formatter) => text({ customValues: dates.map(Number), formatter, hideOverlap: true });
  if (months.length > 3) {
    const every = [1, 2, 3, 6, 12, 24, 60].find((step) => months.length / step <= most) ?? 120;
    const round = months.filter((date) => (date.getUTCFullYear() * 12 + date.getUTCMonth()) % every === 0);
    return labels(round.length > 1 ? round : months.filter((_, n) => (months.length - 1 - n) % every === 0), monthOf);
  }
  const day = 86400000;
  const every = [1, 2, 7, 14, 28].find((step) => (last - first) / day / step <= most) ?? 56;
  const midnight = Math.floor(last / day) * day;
  return labels(Array.from({ length: Math.max(0, Math.floor((midnight - first) / day / every)) + 1 }, (_, n) => midnight - n * every * day).reverse(), dayOf);
}

/** A tooltip of elements of our own: text from Attio stays text, and the policy allows no styles in markup. */
function tooltip(lines, more) {
  return {
    backgroundColor: color("paper"),
    borderColor: color("line"),
    padding: 0,
    confine: true,
    transitionDuration: 0,
    formatter: (given) => {
      const [title, ...rows] = lines(given);
      return h("div", { class: "tip" }, h("strong", {}, title), ...rows.map(([name, value]) => h("div", {}, h("span", {}, name), h("b", {}, value))));
    },
    ...more,
  };
}

// A picture is {id, period, owner, value, isWhole, show(section), table()}: `period`, `owner` and `value` (of an attribute)
// say what a filter does to it, null for nothing. One that `isWhole` has no line or point for a record: it is drawn of all,
// or of a segment. `redraw` draws it for another width or theme where there is more to it than what is drawn.
const pictures = [];
const charts = new Map();
const pending = new Map();

/** Takes the room of a picture, which is drawn, or drawn anew, when it comes into sight or onto paper. */
function drawInto(element, build) {
  clear(element);
  const box = { width: element.clientWidth, small: element.clientWidth < 560 };
  const made = build(box);
  if (!made || made.nothing) {
    ["style", "role", "aria-label"].forEach((name) => element.removeAttribute(name));
    element.replaceChildren(h("p", { class: "nothing" }, made?.nothing ?? "Nothing to draw here with these filters."));
    return;
  }
  element.style.height = `${made.height}px`;
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", made.says);
  pending.set(element, () => draw(element, box.width, made));
  visible.observe(element);
}

function draw(element, width, made) {
  const chart = echarts.init(element, null, { renderer: "svg", width, height: made.height });
  chart.setOption({
    animation: false,
    useUTC: true,
    textStyle: { fontFamily: FONT },
    aria: { enabled: true, label: { description: made.says }, decal: { show: true, decals: decals() } },
    ...made.option,
  });
  if (made.onclick) chart.on("click", made.onclick);
  charts.set(element, chart);
}

function clear(element) {
  charts.get(element)?.dispose();
  charts.delete(element);
  pending.delete(element);
  visible.unobserve(element);
  element.replaceChildren(); // that there was nothing to draw may stand there
}

const visible = new IntersectionObserver((entries) => entries.forEach((entry) => entry.isIntersecting && drawPending(entry.target)), { rootMargin: "300px" });

function drawPending(element) {
  const drawIt = pending.get(element);
  pending.delete(element);
  visible.unobserve(element);
  if (drawIt) drawIt();
}

const drawAll = () => [...pending.keys()].forEach(drawPending);

/** Small pictures side by side: `head` says what each is of, `build` draws it. */
function drawPanels(section, items, head, build) {
  const holder = section.querySelector(".multiples");
  holder.querySelectorAll(".chart").forEach(clear);
  holder.replaceChildren(...items.map((item) => h("figure", { class: "panel" }, h("figcaption", {}, head(item)), h("div", { class: "chart" }))));
  [...holder.querySelectorAll(".chart")].forEach((element, n) => drawInto(element, (box) => build(items[n], box)));
}

/** What stands in brackets behind a number may go below it on paper; neither is broken. */
const brokenAtBrackets = (text) => text.split(/ (?=\()/).flatMap((part, n) => [n ? " " : "", h("span", { class: "whole" }, part)]);

/** An HTML table; a cell is text. */
function table({ caption, head, rows, numbers = 1 }) {
  const number = (value) => h("td", { class: "number" }, value?.includes(" (") ? brokenAtBrackets(value) : value ?? "–");
  const cell = (value, n) => (n === 0 ? h("th", { scope: "row" }, value ?? "–") : n >= numbers ? number(value) : h("td", {}, value ?? "–"));
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, head.map((title, n) => h("th", { scope: "col", class: n >= numbers ? "number" : null }, title)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell))))
    )
  );
}

/** Why a picture is of all records although some are chosen. */
function whyWhole() {
  const [[place, key], ...more] = chosen();
  if (more.length) return "it can follow one of them at a time at most";
  if (now().segments[place][key] === null) return "there is no room, as the file would be larger than 2 MB";
  const isMover = place === state.values.length;
  return now().unsplit[place] ?? (isMover ? "in the models their id is not theirs alone" : "the models have no segment of these records");
}

/** What the filters do to a picture, said beside it whenever one is set, here or in the history before. */
function filterNote(picture) {
  const set = [];
  if (state.owner >= 0) set.push(["who moved last", ownerText(state.owner), picture.isWhole ? segment() && "only records that they moved last" : picture.owner]);
  now().open.attributes.forEach((attribute, k) => {
    const key = state.values[k];
    const does = picture.isWhole ? segment() && "only such records" : picture.value;
    if (key !== "all") set.push([attribute.title.toLowerCase(), `${attribute.title} ${valueText(attribute, key)}`, does]);
  });
  const said = set.filter(([, , does]) => does).map(([, what, does]) => `${what}: ${does}.`);
  const others = set.filter(([, , does]) => !does).map(([name]) => name);
  if (others.length) said.push(`Not filtered by ${others.join(" or ")}${picture.isWhole ? `: ${whyWhole()}` : ""}.`);
  if (state.period !== "all") said.unshift(picture.period ? `${periodText(state.period)}: ${picture.period}.` : "Not filtered by period.");
  if (state.missing.length) said.push(`Not filtered by ${state.missing.join(" or ")}, which cannot be chosen in this pipeline.`);
  return said.join(" ");
}

/** Why there is hardly anything in whole pictures, where all records are of one day. */
function oneDayText() {
  const { start, days } = told().flow;
  return days === 1 ? `All these records are of one day, ${dayText(new Date(start))}: there is little to draw yet. The figures have everything.` : "";
}

/** Fills a section: the table and the picture. */
function fill(picture) {
  const section = document.getElementById(picture.id);
  const note = section.querySelector(".filter-note");
  note.textContent = filterNote(picture);
  if (picture.isWhole) {
    section.querySelector(".rows").replaceChildren(...(segment() ? [" Here of rows where ", h("code", {}, `history = '${segment().history}'`), "."] : []));
    section.querySelector(".one-day").textContent = oneDayText();
  }
  const figures = section.querySelector(".figures");
  if (figures) figures.replaceChildren(...[picture.table()].flat());
  picture.show(section);
}

function fillAll() {
  pictures.forEach(fill);
}

/** Draws everything for another width or theme; texts and tables stay as they are, with what is focused or scrolled. */
function redrawAll() {
  pictures.forEach((picture) => (picture.redraw ?? picture.show)(document.getElementById(picture.id)));
}
