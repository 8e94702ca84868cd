// Flow over time: how many records were in each status at the end of each day.
let withOutcomes = false;

function flowDays() {
  const { start, step, days } = told().flow;
  const first = Date.parse(start);
  const months = monthsOf(state.period);
  const all = Array.from({ length: days }, (_, n) => new Date(first + n * step * 86400000));
  return all.map((date, n) => ({ date, n })).filter(({ date }) => !months || months.includes(isoDay(date).slice(0, 7)));
}

/** Those drawn, from the top down: first steps above, ends below. */
function flowStatuses() {
  const drawn = Object.keys(told().flow.in).map(Number);
  const rank = { open: 0, paused: 1, won: 2, lost: 3 };
  const kind = (status) => now().statuses[status].kind;
  return drawn
    .filter((status) => withOutcomes || kind(status) === "open" || kind(status) === "paused")
    .sort((a, b) => rank[kind(a)] - rank[kind(b)] || a - b);
}

/** What each label at the right end says, whole: a status and how many are in it. */
const flowNames = (statuses, last, room) => statuses.map((status) => linesOf(`${titleOf(status)} ${count(told().flow.in[status][last.n])}`, room - 17));

/** Labels at the right end, each beside its band, moved apart where they would touch. */
function flowLabels(statuses, last, names) {
  let placed = null;
  const apart = (one, other) => ((one.lines.length + other.lines.length) * LINE) / 2 + 3;
  const place = (api) => {
    let below = 0;
    const found = statuses.map((status, n) => ({ status, lines: names[n] })).reverse().map(({ status, lines }) => {
      const value = told().flow.in[status][last.n];
      const [x, y] = api.coord([last.date, below + value / 2]);
      below += value;
      return { lines, x, middle: y, y };
    });
    for (let n = 1; n < found.length; n++) found[n].y = Math.min(found[n].y, found[n - 1].y - apart(found[n], found[n - 1]));
    found.reverse();
    found.forEach((one, n) => (one.y = Math.max(one.y, n ? found[n - 1].y + apart(one, found[n - 1]) : (one.lines.length * LINE) / 2)));
    return found;
  };
  return {
    type: "custom",
    silent: true,
    tooltip: { show: false },
    data: statuses.map((status, n) => [last.date, n]),
    z: 10,
    renderItem: (params, api) => {
      placed = placed || place(api);
      const { lines, x, y, middle } = placed[params.dataIndex];
      return {
        type: "group",
        children: [
          { type: "polyline", shape: { points: [[x + 2, middle], [x + 7, middle], [x + 11, y]] }, style: { stroke: color("faint"), fill: "none" } },
          { type: "text", x: x + 15, y, style: { text: lines.join("\n"), lineHeight: LINE, fill: color("ink"), font: `12px ${FONT}`, verticalAlign: "middle" } },
        ],
      };
    },
  };
}

pictures.push({
  id: "flow",
  period: "only its days are drawn",
  isWhole: true,
  show(section) {
    drawInto(section.querySelector(".chart"), (box) => {
      const days = flowDays();
      const statuses = flowStatuses();
      if (!days.length || !statuses.length) return null;
      const room = box.small ? 128 : 190;
      const last = days[days.length - 1];
      const names = flowNames(statuses, last, room);
      const areas = [...statuses].reverse().map((status) => ({
        type: "line",
        name: titleOf(status),
        stack: "in",
        symbol: "none",
        lineStyle: { color: color("paper"), width: 1 },
        areaStyle: { color: statusColor(status), opacity: 1, decal: decalOf(status) },
        itemStyle: { color: statusColor(status) },
        emphasis: { disabled: true },
        data: days.map(({ date, n }) => [date, told().flow.in[status][n]]),
      }));
      return {
        height: Math.max(box.small ? 340 : 420, sum(names.map((lines) => lines.length * LINE + 3)) + 40),
        says: flowSays(days, statuses),
        option: {
          grid: { left: 8, right: room, top: 30, bottom: 8, containLabel: true },
          tooltip: tooltip(
            (given) => [
              dayText(new Date(given[0].value[0])),
              ...[...given].reverse().map((one) => [one.seriesName, count(one.value[1])]),
            ],
            { trigger: "axis", axisPointer: { lineStyle: { color: color("muted"), type: "solid" } } }
          ),
          xAxis: axis({ type: "time", splitLine: { show: false }, axisLabel: dateLabels(days[0].date, last.date, box.width - room), boundaryGap: false }),
          yAxis: axis({ type: "value", minInterval: 1, splitNumber: 4, name: "records", nameTextStyle: text({ align: "left" }) }),
          series: [...areas, flowLabels(statuses, last, names)],
        },
      };
    });
  },
  table() {
    const days = flowDays();
    const statuses = flowStatuses();
    const step = Math.max(1, Math.ceil(days.length / 26));
    const shown = days.filter((_, n) => (days.length - 1 - n) % step === 0).reverse();
    return table({
      caption: "Records in each status at the end of the day",
      head: ["Day", ...statuses.map(titleOf)],
      rows: shown.map(({ date, n }) => [dayText(date), ...statuses.map((status) => count(told().flow.in[status][n]))]),
    });
  },
});

function flowSays(days, statuses) {
  const [first, last] = [days[0], days[days.length - 1]];
  const parts = statuses.map((s) => `${titleOf(s)} from ${count(told().flow.in[s][first.n])} to ${count(told().flow.in[s][last.n])}`);
  return `Stacked areas of how many records were in each status, from ${dayText(first.date)} to ${dayText(last.date)}: ${parts.join(", ")}.`;
}
