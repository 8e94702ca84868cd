// Names: who is stuck, sortable, with a link into Attio and a timeline on click.
const ROWS_AT_ONCE = 25;
const names = { sort: "percentile", down: true, shown: ROWS_AT_ONCE, stuckOnly: true, open: null };

const COLUMNS = [
  { key: "record", title: "Record", of: (n) => idOf(now().open.ids, n) },
  { key: "status", title: "Status", of: (n) => openOf(now()).status[n] },
  { key: "days", title: "In it for", number: true, of: (n) => openOf(now()).days[n] },
  { key: "target", title: "Target", number: true, of: targetOf },
  { key: "percentile", title: "Longer than", number: true, of: (n) => openOf(now()).percentile[n] },
  { key: "owner", title: "Moved last by", of: (n) => ownerText(openOf(now()).owner[n]) },
  { key: "entered", title: "Since (UTC)", number: true, of: (n) => openOf(now()).entered[n] },
  { key: "moves", title: "Moves", number: true, of: (n) => openOf(now()).moves[n] },
  { key: "back", title: "Back", number: true, of: (n) => openOf(now()).back[n] },
];

function targetOf(n) {
  const target = openOf(now()).target[n];
  return target === null ? null : now().open.targets[target];
}

function recordLink(n) {
  const id = idOf(now().open.ids, n);
  const short = id.length > 13 ? `${id.slice(0, 8)}…` : id;
  const about = now().open.about;
  const isEntry = about.objects.length > 0;
  const link = now().links[isEntry ? openOf(now()).object[n] : 0];
  if (!link) return h("code", { title: id }, short);
  const page = isEntry ? idOf(about.ids, n) : id;
  const title = isEntry ? `${id}: the record that it is about, in Attio` : `${id} in Attio`;
  return h("a", { href: `${link[0]}${encodeURIComponent(page)}${link[1]}`, target: "_blank", rel: "noreferrer noopener", title }, short);
}

function recordTip(n) {
  const open = openOf(now());
  return [
    idOf(now().open.ids, n).slice(0, 8),
    ["status", titleOf(open.status[n])],
    ["in it for", length(open.days[n] / 100)],
    ["longer than", open.percentile[n] === null ? "–" : `${percent(open.percentile[n] / 1000)} of others`],
    ["moved last by", ownerText(open.owner[n])],
    ...valuesOf(n).map(([title, value]) => [title.toLowerCase(), value]),
    ...(open.past[n] === 1 ? [["past its target of", length(targetOf(n))]] : []),
  ];
}

/** What a record has of each attribute: its title and the value. */
const valuesOf = (n) => now().open.attributes.map((attribute, k) => [attribute.title, valueText(attribute, valueKey(openOf(now()).values[k][n]))]);

/** Every stay of a record, oldest first: status, who moved it in, from, to (null while it lasts). */
function staysOf(n) {
  const open = openOf(now());
  const found = [];
  for (let k = open.first[n]; k < open.first[n] + open.before[n]; k++) {
    const last = k === open.first[n] + open.before[n] - 1;
    const left = open.gaps.get(k) ?? (last ? open.entered[n] : open.stay_entered[k + 1]);
    found.push({ status: open.stay_status[k], owner: open.stay_owner[k], from: open.instant(open.stay_entered[k]), to: open.instant(left) });
  }
  return [...found, { status: open.status[n], owner: open.owner[n], from: open.instant(open.entered[n]), to: null }];
}

function sortedRecords() {
  const open = openOf(now());
  const column = COLUMNS.find((one) => one.key === names.sort);
  const keyed = shownRecords().filter((n) => !names.stuckOnly || open.isStuck(n)).map((n) => [column.of(n), n]);
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
  // What is missing comes last either way. Those with equal keys keep their order: whoever waits longest first.
  keyed.sort((a, b) => (a[0] === null) - (b[0] === null) || (names.down ? -1 : 1) * compare(a[0], b[0]) || a[1] - b[1]);
  return keyed.map(([, n]) => n);
}

function recordRow(n) {
  const open = openOf(now());
  const past = open.past[n] === 1;
  const late = (open.percentile[n] ?? 0) >= 900;
  const isOpen = names.open === n;
  const button = h("button", { type: "button", class: "timeline-button", "aria-expanded": String(isOpen), "aria-controls": "timeline", "data-record": n, onclick: () => toggleRecord(n) }, "Timeline", h("span", { class: "hidden" }, ` of ${idOf(now().open.ids, n)}`));
  const shown = [
    [titleOf(open.status[n])],
    [length(open.days[n] / 100)],
    [length(targetOf(n)), past ? h("span", { class: "mark" }, " ◆ past") : null],
    [open.percentile[n] === null ? "–" : percent(open.percentile[n] / 1000), late ? h("span", { class: "mark" }, " ▲") : null],
    [ownerText(open.owner[n])],
    [instantText(open.instant(open.entered[n]))],
    [count(open.moves[n])],
    [count(open.back[n])],
  ];
  const cell = (values, k) => h("td", { role: "cell", class: COLUMNS[k + 1].number ? "number" : null, "data-label": COLUMNS[k + 1].title }, values);
  const row = h("tr", { role: "row", class: isOpen ? "open" : null }, h("th", { scope: "row", role: "rowheader" }, recordLink(n)), shown.map(cell), h("td", { role: "cell", class: "no-print" }, button));
  return isOpen ? [row, h("tr", { role: "row", class: "timeline-row" }, h("td", { role: "cell", colspan: COLUMNS.length + 1, id: "timeline" }, timeline(n)))] : [row];
}

function timeline(n) {
  const stays = staysOf(n);
  const open = openOf(now());
  const end = new Date(now().asOf);
  const hidden = open.moves[n] + 1 - stays.length;
  const days = (stay) => ((stay.to ?? end) - stay.from) / 86400000;
  return h(
    "div",
    { class: "timeline" },
    h("p", {}, h("strong", {}, idOf(now().open.ids, n)), ` ${count(stays.length)} stays, to scale${hidden > 0 ? `; ${count(hidden)} older ones are left out` : ""}.`, ...valuesOf(n).map(([title, value]) => ` ${title}: ${value}.`)),
    h("div", { class: "chart", id: "timeline-chart" }),
    table({
      caption: "Its stays",
      head: ["Status", "Moved there by", "From (UTC)", "To", "For"],
      numbers: 2,
      rows: stays.map((stay) => [titleOf(stay.status), ownerText(stay.owner), instantText(stay.from), stay.to ? instantText(stay.to) : "now", stay.to ? length(days(stay)) : length(open.days[n] / 100)]),
    })
  );
}

function drawTimeline(n) {
  const element = document.getElementById("timeline-chart");
  if (!element) return;
  const stays = staysOf(n);
  const end = new Date(now().asOf);
  const rows = [...new Set(stays.map((stay) => stay.status))].sort((a, b) => a - b);
  drawInto(element, (box) => {
    const { left, row, names: titles } = besideRows(rows.map(titleOf), box, 32);
    return {
      height: rows.length * row + 40,
      says: `One record's stays: ${stays.map((s) => `${titleOf(s.status)} from ${instantText(s.from)} to ${s.to ? instantText(s.to) : "now"}`).join("; ")}.`,
      option: {
        grid: { left, right: 24, top: 8, bottom: 28 },
        xAxis: axis({ type: "time", min: +stays[0].from, max: +end, axisLabel: dateLabels(stays[0].from, end, box.width - left - 24) }),
        yAxis: axis({ type: "category", inverse: true, data: titles, axisLabel: inkText() }),
        series: [
          {
            type: "custom",
            data: stays.map((stay) => [+stay.from, rows.indexOf(stay.status), +(stay.to ?? end), stay.status]),
            renderItem: (params, api) => {
              const [x, y] = api.coord([api.value(0), api.value(1)]);
              const [to] = api.coord([api.value(2), api.value(1)]);
              return { type: "rect", shape: { x, y: y - 7, width: Math.max(2, to - x), height: 14, r: 2 }, style: { fill: statusColor(api.value(3)) } };
            },
          },
        ],
      },
    };
  });
}

function toggleRecord(n) {
  names.open = names.open === n ? null : n;
  fillNames();
  document.querySelector(`[data-record="${n}"]`)?.focus();
}

/** From a point of a picture to its line. */
function showRecord(n) {
  names.stuckOnly = names.stuckOnly && openOf(now()).isStuck(n);
  document.getElementById("stuck-only").checked = names.stuckOnly;
  names.open = n;
  names.shown = Math.max(names.shown, Math.ceil((sortedRecords().indexOf(n) + 1) / ROWS_AT_ONCE) * ROWS_AT_ONCE);
  fillNames();
  const button = document.querySelector(`[data-record="${n}"]`);
  button?.focus({ preventScroll: true });
  button?.scrollIntoView({ block: "center" });
}

function sortBy(key) {
  const column = COLUMNS.find((one) => one.key === key);
  names.down = names.sort === key ? !names.down : Boolean(column.number);
  names.sort = key;
  fillNames();
  document.querySelector(`[data-sort="${key}"]`).focus();
}

function fillNames() {
  const timeline = document.getElementById("timeline-chart");
  if (timeline) clear(timeline);
  const found = sortedRecords();
  const shown = found.slice(0, names.shown);
  const { n: listed } = now().open;
  const head = COLUMNS.map((column) =>
    h(
      "th",
      { scope: "col", role: "columnheader", class: column.number ? "number" : null, "aria-sort": names.sort === column.key ? (names.down ? "descending" : "ascending") : null },
      h("button", { type: "button", "data-sort": column.key, onclick: () => sortBy(column.key) }, column.title, h("span", { class: "arrow", "aria-hidden": "true" }, names.sort === column.key ? (names.down ? "↓" : "↑") : "↕"))
    )
  );
  const all = sumOf(shownCounts(), (c) => !names.stuckOnly || c.stuck);
  document.getElementById("names-count").textContent =
    `${count(all)} ${names.stuckOnly ? "stuck" : "open"} ${all === 1 ? "record" : "records"} with these filters` +
    (found.length < all ? `, of which ${count(found.length)} are listed: of all open records there are lines for ${count(listed)}, ${LISTED}` : "") +
    (found.length > shown.length ? `; ${count(shown.length)} shown.` : ".");
  const empty = h("th", { scope: "col", role: "columnheader", class: "no-print" }, h("span", { class: "hidden" }, "Timeline"));
  document.getElementById("names-table").replaceChildren(
    // On a phone the rows are no table to the eye; the roles keep them one to a screen reader.
    h(
      "table",
      { class: "names", role: "table" },
      h("caption", {}, "Open records, with how long they are in their status"),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head, empty)),
      h("tbody", { role: "rowgroup" }, shown.flatMap(recordRow))
    )
  );
  document.getElementById("names-more").hidden = found.length <= shown.length;
  redrawNames();
}

function redrawNames() {
  if (names.open !== null) drawTimeline(names.open);
}

pictures.push({
  id: "names",
  period: "only records that entered their status in it",
  owner: "only records that they moved last",
  value: "only such records",
  show: fillNames,
  redraw: redrawNames,
});
