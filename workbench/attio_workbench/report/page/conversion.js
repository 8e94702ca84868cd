// Conversion: of those that entered a status, the share that had come to each outcome so many days later.
const LEAST_LABELLED = 0.11;

/** What wins comes first. */
function inOrder(a, b) {
  const isWon = (outcome) => now().statuses[outcome].kind === "won";
  return isWon(b) - isWon(a) || a - b;
}

const conversionRows = (status) => told().conversion.rows.filter((row) => row.from === status).sort((a, b) => inOrder(a.to, b.to));

const isReached = (row) => row.share.some((share) => share > 0);
const reachedRows = (status) => conversionRows(status).filter(isReached);
/** What anybody came to, from whatever status: the same bars in the same order everywhere. */
const reachedOutcomes = () => new Set(told().conversion.rows.filter(isReached).map((row) => row.to));
const conversionStatuses = () => [...new Set(told().conversion.rows.map((row) => row.from))].sort((a, b) => a - b);

/** Which of the days is the last whose shares are known; -1 if none is. */
const lastKnown = (row) => row.share.findLastIndex((share) => share !== null);

/** The name of a status, how many entered it, and where they are by the last day that is known. */
function conversionHead(status) {
  const [any] = conversionRows(status);
  const last = lastKnown(any);
  const shares = reachedRows(status).map((row) => `${percent(row.share[last]).replace(" ", "\u00a0")} ${titleOf(row.to)}`);
  const said = last < 0 ? "nobody was watched for long enough" : `by ${told().conversion.days[last]} d ${shares.join(", ") || "no outcome yet"}`;
  return [h("strong", {}, titleOf(status)), h("p", { class: "entered" }, `${count(any.entered)} entered${any.few ? ", few" : ""}: ${said}`)];
}

function conversionBars(status) {
  const outcomesDrawn = reachedOutcomes();
  const rows = conversionRows(status).filter((row) => outcomesDrawn.has(row.to));
  const bar = { type: "bar", stack: "outcomes", barWidth: "64%", emphasis: { disabled: true } };
  const outcomes = rows.map((row) => {
    const fill = statusColor(row.to);
    return {
      ...bar,
      name: titleOf(row.to),
      itemStyle: { color: fill, borderColor: color("paper"), borderWidth: 1, decal: decalOf(row.to) },
      label: { show: true, formatter: ({ value }) => (value >= LEAST_LABELLED ? percent(value) : ""), ...text({ color: inkOn(fill), fontSize: 11 }) },
      data: row.share,
    };
  });
  const [any] = conversionRows(status);
  const left = any.share.map((share, n) => (share === null ? null : Math.max(0, 1 - sum(rows.map((row) => row.share[n])))));
  const rest = { ...bar, name: "still on their way", itemStyle: { color: color("track"), decal: { symbol: "none" } }, data: left };
  return [...outcomes, rest];
}

function conversionOption(status) {
  const { days } = told().conversion;
  const [any] = conversionRows(status);
  return {
    grid: { left: 38, right: 4, top: 8, bottom: 24 },
    tooltip: tooltip(
      (given) => {
        const n = given[0].dataIndex;
        return [`${titleOf(status)}, by ${days[n]} d`, ...conversionRows(status).map((row) => [titleOf(row.to), percent(row.share[n])]), ["on their way, watched", count(any.watched[n])]];
      },
      { trigger: "axis", axisPointer: { type: "none" } }
    ),
    xAxis: axis({ type: "category", data: days.map((day) => `${day} d`), axisLabel: text({ fontSize: 11, interval: 0 }) }),
    yAxis: axis({ type: "value", min: 0, max: 1, interval: 0.5, axisLabel: text({ fontSize: 11, formatter: (v) => `${v * 100} %` }) }),
    series: conversionBars(status),
  };
}

function conversionKey(outcome) {
  const swatch = h("span", { class: "swatch full" });
  swatch.style.background = outcome === null ? color("track") : statusColor(outcome);
  if (outcome === null) swatch.style.border = `1px solid ${color("faint")}`;
  return h("li", {}, swatch, outcome === null ? "still on their way" : titleOf(outcome));
}

function conversionSays(status) {
  const { days } = told().conversion;
  const [any] = conversionRows(status);
  const parts = reachedRows(status).map((row) => `${titleOf(row.to)} ${row.share.map((share, n) => (share === null ? `not known by ${days[n]} days` : `${percent(share)} by ${days[n]} days`)).join(", ")}`);
  return `${titleOf(status)}: bars of the share of ${count(any.entered)} records that had come to each outcome. ${parts.join("; ") || "None came to an outcome"}.`;
}

pictures.push({
  id: "conversion",
  period: null,
  isWhole: true,
  show(section) {
    const statuses = conversionStatuses();
    const outcomes = [...reachedOutcomes()].sort(inOrder);
    section.querySelector(".keys").replaceChildren(...[...outcomes, null].map(conversionKey));
    drawPanels(section, statuses, conversionHead, (status) => ({ height: 200, says: conversionSays(status), option: conversionOption(status) }));
  },
  table() {
    const { days } = told().conversion;
    const rows = conversionStatuses().flatMap((status) => {
      const own = conversionRows(status);
      const entered = `${count(own[0].entered)}${own[0].few ? " (few)" : ""}`;
      return [
        ...own.map((row) => [`${titleOf(status)} → ${titleOf(row.to)}`, entered, ...row.share.map(percent)]),
        [`${titleOf(status)}, still on their way and watched`, entered, ...own[0].watched.map(count)],
      ];
    });
    return table({
      caption: "What became of those that entered a status (Aalen–Johansen), by days since",
      head: ["From, and to", "Entered", ...days.map((day) => `${day}\u00a0d`)],
      rows,
    });
  },
});
