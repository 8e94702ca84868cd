// Survival: what share is still in a status after so many days; a small picture for each status that records leave.
const LEAST_STAYS_DRAWN = 10;
const DASHES = ["solid", [7, 4], [2, 3]];

const timeOf = (status, period) => told().time.find((row) => row.status === status && row.period === period);
const curveOf = (status, period) => told().curves.find((curve) => curve.status === status && curve.period === period);

/** The periods beside all time: the one chosen, else the newest two of the kind of which three are worth a curve. */
function survivalPeriods() {
  if (state.period !== "all") return [state.period];
  const worth = (key) => sum(told().time.filter((row) => row.period === key && !row.few).map((row) => row.stays)) > 0;
  const of = (kind) => now().periods[kind].map((start) => `${kind}:${start}`).filter(worth);
  return (of("quarter").length >= 3 ? of("quarter") : of("month")).slice(0, 2);
}

const survivalStatuses = () =>
  now().statuses.map((_, n) => n).filter((n) => isOpenKind(n) && (curveOf(n, "all")?.x.length ?? 0) > 0);

function survivalCurves(status) {
  return ["all", ...survivalPeriods()]
    .map((period, n) => ({ period, dash: DASHES[n], tone: color(["curve-all", "curve-first", "curve-second"][n]), curve: curveOf(status, period), time: timeOf(status, period) }))
    .filter(({ curve, time }) => curve && time && time.stays >= LEAST_STAYS_DRAWN);
}

/** The points of a curve up to the edge, to which it goes on if it does not end before. */
function pointsUntil(most, { x, y }) {
  const points = [[0, 1], ...x.map((days, k) => [days, y[k]]).filter(([days]) => days <= most)];
  return points.length <= x.length ? [...points, [most, points.at(-1)[1]]] : points;
}

function survivalOption(status) {
  const curves = survivalCurves(status);
  const all = curveOf(status, "all");
  const end = Math.max(...curves.map(({ curve }) => curve.x[curve.x.length - 1]));
  const gone = all.bands[2] === null ? end : all.bands[2] * 1.15;
  const most = Math.min(gone, end);
  return {
    grid: { left: 38, right: 10, top: 12, bottom: 24 },
    tooltip: tooltip(
      (given) => [`after ${length(unstretched(given[0].axisValue))}`, ...given.map((one) => [one.seriesName, `${percent(one.value[1])} still there`])],
      { trigger: "axis", axisPointer: { lineStyle: { color: color("muted"), type: "solid" } } }
    ),
    xAxis: stretchedAxis(most),
    yAxis: axis({ type: "value", min: 0, max: 1, interval: 0.5, axisLabel: text({ fontSize: 11, formatter: (v) => `${v * 100} %` }) }),
    series: curves.map(({ period, dash, tone, curve }, n) => ({
      type: "line",
      name: periodText(period),
      step: "end",
      symbol: "none",
      z: n === 0 ? 2 : 3,
      lineStyle: { color: tone, width: n === 0 ? 3.5 : 2, type: dash },
      itemStyle: { color: tone },
      emphasis: { disabled: true },
      data: pointsUntil(most, curve).map(([x, y]) => [stretched(x), y]),
    })),
  };
}

/** A piece of a line as it is drawn, with its period and median beside it: the key of one picture. */
function survivalKey({ period, dash, tone, time }) {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const attributes = { width: 26, height: 8, viewBox: "0 0 26 8", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const drawn = { d: "M0 4H26", stroke: tone, "stroke-width": period === "all" ? 3.5 : 2, "stroke-dasharray": dash === "solid" ? "none" : dash.join(" ") };
  for (const [name, value] of Object.entries(drawn)) path.setAttribute(name, value);
  line.append(path);
  return h("li", {}, line, h("span", {}, periodText(period)), h("b", {}, length(time.median)), h("small", {}, `${count(time.stays)} stays${time.few ? ", few" : ""}`));
}

function survivalPanel(status) {
  if (survivalCurves(status).length) return { height: 170, says: survivalSays(status), option: survivalOption(status) };
  const { stays } = timeOf(status, "all");
  return { nothing: `${count(stays)} ${stays === 1 ? "stay" : "stays"}: too few to draw. The figures have them.` };
}

/** What is still there after the days shown; where all that were watched so long have left but some still stay, nobody knows. */
const sharesOf = (curve, time) => (curve ? curve.at.map((share) => (share === 0 && time.open ? null : share)) : DATA.shownDays.map(() => null));

pictures.push({
  id: "survival",
  period: "stays that began in it, beside those of all time",
  isWhole: true,
  show(section) {
    const head = (status) => [h("strong", {}, titleOf(status)), h("ul", { class: "key" }, survivalCurves(status).map(survivalKey))];
    drawPanels(section, survivalStatuses(), head, survivalPanel);
  },
  table() {
    const rows = [];
    for (const status of survivalStatuses()) {
      for (const period of ["all", ...survivalPeriods()]) {
        const [time, curve] = [timeOf(status, period), curveOf(status, period)];
        if (!time) continue;
        rows.push([
          `${titleOf(status)}, ${periodText(period)}`,
          `${count(time.stays)}${time.few ? " (few)" : ""}`,
          count(time.open),
          ...[time.lower, time.median, time.upper].map(length),
          ...sharesOf(curve, time).map(percent),
        ]);
      }
    }
    return table({
      caption: "How long stays last (Kaplan–Meier), and the share still there after so many days",
      head: ["Status and period", "Stays", "Still there", "A quarter left within", "Half within", "Three quarters within", ...DATA.shownDays.map((day) => `${day}\u00a0d`)],
      rows,
    });
  },
});

function survivalSays(status) {
  const parts = survivalCurves(status).map(({ period, time }) => `${periodText(period)}: ${time.median === null ? "fewer than half have left" : `half have left after ${length(time.median)}`}, ${count(time.stays)} stays`);
  return `${titleOf(status)}: falling lines of the share that is still in the status by days since it was entered. ${parts.join("; ")}.`;
}
