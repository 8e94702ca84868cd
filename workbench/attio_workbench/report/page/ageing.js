// Ageing: a point for each open record, over bands that say how long others stayed.
const BAND_TEXTS = [["half left", "½"], ["three in four", "¾"], ["nine in ten", "9/10"]];
const LEAST_BESIDE = 86;
const LEAST_APART = 30;

const bandsOf = (status) => whole().curves.find((curve) => curve.status === status && curve.period === "all")?.bands || [null, null, null];

/** A place between -1 and 1 for a record, always the same one: points beside each other instead of on each other. */
function scattered(n) {
  const mixed = Math.imul(n + 1, 0x9e3779b1);
  return (((Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77) >>> 8) / 2 ** 24) * 2 - 1) * 0.3;
}

function ageingStatuses() {
  const used = new Set(countsOf(now()).map((c) => c.status));
  return [...used].sort((a, b) => a - b);
}

function ageingBand(statuses, row) {
  return {
    type: "custom",
    silent: true,
    tooltip: { show: false },
    data: statuses.map((status, n) => [0, n]),
    renderItem: (params, api) => {
      const status = statuses[params.dataIndex];
      const [left, middle] = api.coord([0, params.dataIndex]);
      const right = params.coordSys.x + params.coordSys.width;
      const edges = bandsOf(status);
      const children = [];
      let from = left;
      edges.forEach((edge, n) => {
        const to = edge === null ? right : Math.min(right, api.coord([stretched(edge), params.dataIndex])[0]);
        children.push({ type: "rect", shape: { x: from, y: middle - row * 0.4, width: Math.max(0, to - from), height: row * 0.8 }, style: { fill: color(`band-${n}`) } });
        if (edge !== null) children.push({ type: "line", shape: { x1: to, x2: to, y1: middle - row * 0.4, y2: middle + row * 0.4 }, style: { stroke: color("band-edge"), lineWidth: 1 } });
        from = to;
      });
      const target = now().statuses[status].target;
      if (target !== null && now().open.targets.length) {
        const x = api.coord([stretched(target), params.dataIndex])[0];
        children.push({ type: "line", shape: { x1: x, x2: x, y1: middle - row * 0.46, y2: middle + row * 0.46 }, style: { stroke: color("warn"), lineWidth: 2, lineDash: [3, 2] } });
      }
      return { type: "group", children };
    },
  };
}

pictures.push({
  id: "ageing",
  period: "only records that entered their status in it; the bands are of all time",
  owner: "only records that they moved last; the bands are of everyone",
  value: "only such records; the bands are of all records",
  show(section) {
    const { total, n: listed } = now().open;
    section.querySelector(".left-out").textContent = total > listed ? `Points are drawn of ${count(listed)} of the ${count(total)} open records: ${LISTED}. The table counts all.` : "";
    drawInto(section.querySelector(".chart"), (box) => {
      const open = openOf(now());
      const statuses = ageingStatuses();
      const shown = shownRecords();
      if (!statuses.length) return null;
      const { left, row, names: titles } = besideRows(statuses.map(titleOf), box, box.small ? 52 : 60);
      const days = shown.map((n) => open.days[n] / 100);
      const edges = statuses.flatMap(bandsOf).filter((edge) => edge !== null);
      const most = Math.max(7, ...edges, days.reduce((a, b) => Math.max(a, b), 0)) * 1.08;
      const points = (past) => ({
        type: "scatter",
        symbol: past ? "diamond" : "circle",
        symbolSize: past ? 7 : 5,
        itemStyle: past ? { color: color("warn"), opacity: 0.75 } : { color: color("point"), opacity: 0.55 },
        emphasis: { scale: 1.8 },
        cursor: "pointer",
        data: shown
          .filter((n) => (open.past[n] === 1) === past)
          .map((n) => ({ value: [stretched(open.days[n] / 100), statuses.indexOf(open.status[n]) + scattered(n)], record: n })),
      });
      return {
        height: row * statuses.length + 76,
        says: ageingSays(statuses),
        onclick: (given) => given.data?.record !== undefined && showRecord(given.data.record),
        option: {
          grid: { left, right: 16, top: 26, bottom: 46 },
          tooltip: tooltip(({ data }) => recordTip(data.record), { trigger: "item" }),
          xAxis: stretchedAxis(most, {
            name: box.small ? "days so far, stretched scale" : "days in the status so far (the scale is stretched: early days have more room)",
            nameLocation: "middle",
            nameGap: 30,
          }),
          yAxis: axis({
            type: "value",
            min: -0.5,
            max: statuses.length - 0.5,
            inverse: true,
            splitLine: { show: false },
            axisLabel: inkText({ customValues: statuses.map((_, n) => n), formatter: (n) => titles[n] ?? "" }),
          }),
          series: [ageingBand(statuses, row), bandNames(statuses, row), points(false), points(true)],
        },
      };
    });
  },
  table() {
    const counts = shownCounts();
    const statuses = ageingStatuses();
    return table({
      caption: "Open records by status and by how long others stayed",
      head: ["Status", "Open", "Half leave within", "3 in 4 within", "9 in 10 within", "In the quicker half", "To 3 in 4", "To 9 in 10", "Longer", "Not known", "Target", "Past it"],
      rows: statuses.map((status) => {
        const own = counts.filter((c) => c.status === status);
        const target = now().statuses[status].target;
        return [
          titleOf(status),
          count(sum(own.map((c) => c.number))),
          ...bandsOf(status).map(length),
          ...[0, 1, 2, 3, null].map((band) => count(sumOf(own, (c) => c.band === band))),
          length(target),
          target === null && !sumOf(own, (c) => c.past) ? "–" : count(sumOf(own, (c) => c.past)),
        ];
      }),
    });
  },
});

/** What the edges mean, written once, over the first row. */
function bandNames(statuses, row) {
  return {
    type: "custom",
    silent: true,
    tooltip: { show: false },
    data: [[0, 0]],
    renderItem: (params, api) => {
      const edges = bandsOf(statuses[0]).filter((edge) => edge !== null).map((edge) => api.coord([stretched(edge), 0]));
      const isTight = edges.some(([x], n) => n && x - edges[n - 1][0] < LEAST_BESIDE);
      const named = [];
      edges.forEach(([x, y], n) => {
        const last = named[named.length - 1];
        // Edges that are hardly apart have one text.
        if (isTight && last && x - last.x < LEAST_APART) Object.assign(last, { x: (last.x + x) / 2, text: `${last.text}, ${BAND_TEXTS[n][1]}` });
        else named.push({ x, y, text: BAND_TEXTS[n][isTight ? 1 : 0] });
      });
      return {
        type: "group",
        children: named.map(({ x, y, text }) => ({
          type: "text",
          x,
          y: y - row * 0.4 - 5,
          style: { text: isTight ? text : `${text} ▾`, fill: color("muted"), font: `11px ${FONT}`, align: isTight ? "center" : "right", verticalAlign: "bottom" },
        })),
      };
    },
  };
}

function ageingSays(statuses) {
  const counts = shownCounts();
  const parts = statuses.map((s) => {
    const own = counts.filter((c) => c.status === s);
    return `${titleOf(s)} ${count(sum(own.map((c) => c.number)))} open, ${count(sumOf(own, (c) => c.band === 3))} of them longer than nine in ten others, ${count(sumOf(own, (c) => c.past))} past the target`;
  });
  return `A point for each open record by status and days in it, over bands of how long others stayed: ${parts.join("; ")}.`;
}
