// Who waits for whom: open records by who moved them last, apart by who has to act now.
const SIDES = [["us", "waiting for us"], ["them", "waiting for them"], [null, "not said who must act"]];
const MOST_OWNERS = 12;

function waitingRows() {
  const counts = shownCounts();
  const total = (owner) => sumOf(counts, (c) => c.owner === owner);
  const owners = [...new Set(counts.map((c) => c.owner))].sort((a, b) => total(b) - total(a) || a - b);
  const named = owners.slice(0, MOST_OWNERS).map((owner) => ({ name: ownerText(owner), counts: counts.filter((c) => c.owner === owner) }));
  const rest = owners.slice(MOST_OWNERS);
  if (rest.length) named.push({ name: `${rest.length} others`, counts: counts.filter((c) => rest.includes(c.owner)) });
  return named;
}

function waitingSides() {
  const counts = shownCounts();
  const side = (status) => (["us", "them"].includes(now().statuses[status].waiting) ? now().statuses[status].waiting : null);
  const isSaid = counts.some((c) => side(c.status) !== null);
  return SIDES.map(([key, name]) => [key, isSaid ? name : "open records"]).map(([key, name]) => ({ name, statuses: [...new Set(counts.map((c) => c.status))].filter((s) => side(s) === key).sort((a, b) => a - b) })).filter(
    ({ statuses }) => statuses.length
  );
}

pictures.push({
  id: "waiting",
  period: "only records that entered their status in it",
  owner: "only records that they moved last",
  value: "only such records",
  show(section) {
    drawInto(section.querySelector(".chart"), (box) => {
      const [rows, sides] = [waitingRows(), waitingSides()];
      if (!rows.length) return null;
      section.querySelector(".keys").replaceChildren(...sides.flatMap((side) => side.statuses).sort((a, b) => a - b).map(waitingKey));
      const { left, row: high, names } = besideRows(rows.map((row) => row.name), box, 34);
      const gap = box.small ? 16 : 36;
      const of = (row, statuses) => sumOf(row.counts, (c) => statuses.includes(c.status));
      const most = sides.map(({ statuses }) => Math.max(1, ...rows.map((row) => of(row, statuses))));
      // One scale for all sides: a record is as long everywhere. Each side ends with room for its label.
      const end = box.small ? 34 : 44;
      const free = box.width - left - gap * (sides.length - 1) - end * sides.length;
      let x = left;
      const grids = sides.map((_, n) => {
        const width = (free * most[n]) / sum(most) + end;
        const grid = { left: x, width, top: 44, bottom: 6 };
        x += width + gap;
        return grid;
      });
      return {
        height: rows.length * high + 52,
        says: waitingSays(rows, sides),
        option: {
          grid: grids,
          tooltip: tooltip(({ seriesName, name, value, seriesIndex }) => [name, [seriesName, count(value)]], { trigger: "item" }),
          title: sides.map(({ name }, n) => ({ text: name, left: grids[n].left, top: 6, padding: 0, textStyle: text({ color: color("ink"), fontWeight: 600, fontSize: 12, width: Math.max(grids[n].width, 60), overflow: "break", lineHeight: 14 }) })),
          xAxis: grids.map((grid, n) => axis({ type: "value", gridIndex: n, min: 0, max: (most[n] * grid.width) / Math.max(1, grid.width - end), show: false })),
          yAxis: grids.map((_, n) => axis({ type: "category", gridIndex: n, inverse: true, data: names, axisLabel: n ? { show: false } : inkText() })),
          series: sides.flatMap(({ statuses }, n) => waitingBars(rows, statuses, n, of, free / sum(most))),
        },
      };
    });
  },
  table() {
    const sides = waitingSides();
    const rows = waitingRows();
    const statuses = sides.flatMap((side) => side.statuses);
    return table({
      caption: "Open records by who moved them last and status",
      head: ["Moved last by", ...sides.map((side) => side.name), ...statuses.map(titleOf), "Stuck"],
      rows: rows.map((row) => [
        row.name,
        ...sides.map((side) => count(sumOf(row.counts, (c) => side.statuses.includes(c.status)))),
        ...statuses.map((status) => count(sumOf(row.counts, (c) => c.status === status))),
        count(sumOf(row.counts, (c) => c.stuck)),
      ]),
    });
  },
});

/** The colour of a status and its name, in the order of the bars. */
function waitingKey(status) {
  const swatch = h("span", { class: "swatch full" });
  swatch.style.background = statusColor(status);
  return h("li", {}, swatch, titleOf(status));
}

/** A bar of its own for each status, and at the end of the last how many they are together. */
function waitingBars(rows, statuses, side, of, perRecord) {
  const bars = statuses.map((status) => {
    const fill = statusColor(status);
    return {
      type: "bar",
      name: titleOf(status),
      stack: `side ${side}`,
      xAxisIndex: side,
      yAxisIndex: side,
      barWidth: 18,
      itemStyle: { color: fill, borderColor: color("paper"), borderWidth: 1, decal: decalOf(status) },
      emphasis: { disabled: true },
      data: rows.map((row) => sumOf(row.counts, (c) => c.status === status)),
      label: {
        show: true,
        formatter: ({ value }) => (value * perRecord > String(value).length * 8 + 8 ? value : ""),
        ...text({ color: inkOn(fill), fontSize: 11 }),
      },
    };
  });
  const totals = {
    type: "bar",
    name: "together",
    stack: `side ${side}`,
    xAxisIndex: side,
    yAxisIndex: side,
    silent: true,
    itemStyle: { color: "transparent", decal: { symbol: "none" } },
    data: rows.map(() => 0),
    label: { show: true, position: "right", formatter: ({ dataIndex }) => count(of(rows[dataIndex], statuses)), ...text({ color: color("ink") }) },
  };
  return [...bars, totals];
}

function waitingSays(rows, sides) {
  const of = (row) => sides.map(({ name, statuses }) => `${count(sumOf(row.counts, (c) => statuses.includes(c.status)))} ${name}`).join(", ");
  return `Bars of open records by who moved them last. ${rows.map((row) => `${row.name}: ${of(row)}`).join("; ")}.`;
}
