// Funnel by cohort: of the records that came in together, how many reached each status. And the matrix of transitions.
let cohortKind = null;
const MOST_COHORTS = 12;

/** Quarters if there are a few of all records, else months, else weeks, until somebody chooses. */
function kindOfCohort() {
  const { funnel } = whole();
  if (cohortKind && funnel[cohortKind]) return cohortKind;
  return ["quarter", "month", "week"].find((kind) => (funnel[kind] || []).length >= 3) ?? Object.keys(funnel)[0];
}

function cohorts() {
  const months = monthsOf(state.period);
  const all = told().funnel[kindOfCohort()] || [];
  const covers = (cohort) => {
    const begins = cohort.start.slice(0, 7);
    return kindOfCohort() === "quarter" ? monthsOf(`quarter:${cohort.start}`).some((month) => months.includes(month)) : months.includes(begins);
  };
  return months ? all.filter(covers) : all;
}

function funnelStatuses(list) {
  const rank = { open: 0, paused: 1, won: 2, lost: 3 };
  const kind = (status) => now().statuses[status].kind;
  const used = new Set(list.flatMap((cohort) => Object.entries(cohort.steps).filter(([, step]) => step[0] > 0).map(([status]) => Number(status))));
  return [...used].sort((a, b) => rank[kind(a)] - rank[kind(b)] || a - b);
}

/** A share where there is room for no more than its number. */
const bare = (share) => percent(share).replace(" %", "");

/** Titles over columns, upright where a column is too narrow for a word: what they say, whole, and how much room they take. */
function aboveColumns(statuses, width, box) {
  const fontSize = box.small || width < 84 ? 11 : 12;
  const within = (room) => statuses.map((status) => linesOf(titleOf(status), room, fontSize));
  let room = box.small ? 88 : width - 2;
  while (box.small && mostLines(within(room)) * 12 > Math.max(12, width)) room += 8;
  const names = within(room);
  return {
    top: box.small ? room + 8 : Math.max(50, mostLines(names) * LINE + 8),
    axis: axis({
      type: "category",
      position: "top",
      data: names.map((lines) => lines.join("\n")),
      splitLine: { show: false },
      axisLabel: inkText({ interval: 0, fontSize, ...(box.small ? { rotate: 90, lineHeight: 12 } : {}) }),
    }),
  };
}

const cohortText = (cohort) => periodText(`${kindOfCohort()}:${cohort.start}`);

/** Why a cohort is not to be compared: in a word, and in full. */
function doubtOf(cohort) {
  if (cohort.mature) return null;
  return cohort.observed ? { word: "young", says: "too young", means: "more may still come" } : { word: "partial", says: "not all watched", means: "some that came in are missing" };
}
const withDoubt = (cohort) => (cohort.mature ? "" : `, ${doubtOf(cohort).says}`);

/** How many records are in no cohort at all. */
function leftOut(hasLess) {
  const { imported } = told();
  const less = hasLess ? "So narrow a picture has no lost statuses; the figures have them. " : "";
  return less + (imported ? `${count(imported)} imported ${imported === 1 ? "record is" : "records are"} in no cohort: when they came in is not known.` : "");
}

pictures.push({
  id: "funnel",
  get period() {
    return kindOfCohort() === "quarter" && state.period.startsWith("month") ? "only the quarter that it is in" : "only cohorts that began in it";
  },
  isWhole: true,
  show(section) {
    for (const word of ["young", "partial"]) section.querySelector(`.${word}`).hidden = !cohorts().some((cohort) => doubtOf(cohort)?.word === word);
    drawInto(section.querySelector(".chart"), (box) => {
      const list = cohorts().slice(0, MOST_COHORTS);
      const all = funnelStatuses(list);
      const statuses = all.filter((status) => !box.small || now().statuses[status].kind !== "lost");
      section.querySelector(".left-out").textContent = leftOut(statuses.length < all.length);
      if (!list.length || !statuses.length) return null;
      const row = 44;
      const left = box.small ? 102 : 150;
      const cell = (box.width - left - 8) / statuses.length;
      const above = aboveColumns(statuses, cell, box);
      return {
        height: list.length * row + above.top + 8,
        says: funnelSays(list, statuses),
        option: {
          grid: { left, right: 8, top: above.top, bottom: 8 },
          tooltip: tooltip(({ value }) => funnelTip(list[value[1]], statuses[value[0]]), { trigger: "item" }),
          xAxis: above.axis,
          yAxis: axis({
            type: "category",
            inverse: true,
            data: list.map((cohort) => cohort.start),
            splitLine: { show: false },
            axisLabel: {
              ...text(),
              formatter: (start) => {
                const cohort = list.find((one) => one.start === start);
                const small = cohort.mature ? "" : `, ${doubtOf(cohort).word}`;
                return `{name|${cohortText(cohort)}}\n{small|${count(cohort.records)}${box.small ? small : ` came in${withDoubt(cohort)}`}}`;
              },
              rich: { name: { color: color("ink"), fontSize: 12, align: "right", lineHeight: 16 }, small: { color: color("muted"), fontSize: 11, align: "right", lineHeight: 14 } },
            },
          }),
          series: [funnelBars(list, statuses, cell, row, box)],
        },
      };
    });
  },
  table() {
    const list = cohorts();
    const statuses = funnelStatuses(list);
    return table({
      caption: `Reached by ${kindOfCohort()} in which they came in; a skipped status counts as passed. ${leftOut()}`,
      head: ["Cohort", "Records", "To compare", ...statuses.map(titleOf)],
      rows: list.map((cohort) => [
        cohortText(cohort),
        count(cohort.records),
        doubtOf(cohort)?.says ?? "yes",
        ...statuses.map((status) => (cohort.steps[status] ? `${count(cohort.steps[status][0])} (${percent(cohort.steps[status][1])})` : "–")),
      ]),
    });
  },
});

/** In each cell a bar as long as the share; pale and with an outline where the cohort is not to be compared. */
function funnelBars(list, statuses, cell, row, box) {
  return {
    type: "custom",
    data: list.flatMap((cohort, y) => statuses.map((status, x) => [x, y, cohort.steps[status]?.[1] ?? 0])),
    renderItem: (params, api) => {
      const [x, y, share] = [api.value(0), api.value(1), api.value(2)];
      const [middleX, middleY] = api.coord([x, y]);
      const [cohort, status] = [list[y], statuses[x]];
      const [left, width] = [middleX - cell / 2 + 4, cell - 10];
      const bar = { x: left, y: middleY + 3, width: Math.max(share * width, share ? 1 : 0), height: 9, r: 2 };
      const tone = statusColor(status);
      return {
        type: "group",
        children: [
          { type: "rect", shape: { ...bar, width, r: 2 }, style: { fill: color("track") } },
          { type: "rect", shape: bar, style: cohort.mature ? { fill: tone } : { fill: `${tone}40`, stroke: color("muted"), lineWidth: 1, lineDash: cohort.observed ? [3, 2] : [1, 2] } },
          { type: "text", x: left, y: middleY - 1, style: { text: box.small ? bare(share) : percent(share), fill: cohort.mature ? color("ink") : color("muted"), font: `${cohort.mature ? "" : "italic "}${box.small ? 11 : 13}px ${FONT}`, verticalAlign: "bottom" } },
        ],
      };
    },
  };
}

function funnelTip(cohort, status) {
  const [reached, share, median] = cohort.steps[status] || [0, 0, null];
  return [
    `${cohortText(cohort)}: ${titleOf(status)}`,
    ["reached", `${count(reached)} of ${count(cohort.records)}`],
    ["share", percent(share)],
    ["median days to it", length(median)],
    ...(cohort.mature ? [] : [[doubtOf(cohort).says, doubtOf(cohort).means]]),
  ];
}

function funnelSays(list, statuses) {
  const of = (cohort) => statuses.map((s) => `${titleOf(s)} ${percent(cohort.steps[s]?.[1] ?? 0)}`).join(", ");
  return `Bars of the share of each cohort that reached a status. ${list.map((c) => `${cohortText(c)}${withDoubt(c)}: ${of(c)}`).join("; ")}.`;
}

// Transitions: where records go from each status.
function moveStatuses() {
  const used = new Set(told().transitions.flatMap(({ from, to }) => [from, to]));
  return [...used].sort((a, b) => a - b);
}

pictures.push({
  id: "transitions",
  period: null,
  isWhole: true,
  show(section) {
    drawInto(section.querySelector(".chart"), (box) => {
      const moves = told().transitions;
      if (!moves.length) return null;
      for (const one of section.querySelectorAll(".small, .large")) one.hidden = box.small === (one.className === "large");
      const columns = moveStatuses().filter((status) => moves.some((move) => move.to === status));
      const rows = moveStatuses().filter((status) => moves.some((move) => move.from === status));
      const { left, row: height, names } = besideRows(rows.map(titleOf), box, box.small ? 36 : 46);
      const width = (box.width - left - 8) / columns.length;
      const above = aboveColumns(columns, width, box);
      return {
        height: rows.length * height + above.top + 8,
        says: `A matrix of moves, from the rows to the columns. ${moves.map((m) => `${titleOf(m.from)} to ${titleOf(m.to)}: ${count(m.moves)}, ${percent(m.share)}`).join("; ")}.`,
        option: {
          grid: { left, right: 8, top: above.top, bottom: 8 },
          tooltip: tooltip(({ value }) => moveTip(value[3]), { trigger: "item" }),
          xAxis: above.axis,
          yAxis: axis({ type: "category", inverse: true, data: names, splitLine: { show: false }, axisLabel: inkText() }),
          series: [moveCells(moves, rows, columns, width, height, box)],
        },
      };
    });
  },
  table() {
    return table({
      caption: "Moves between statuses, of all time",
      head: ["From", "To", "Moves", "Of all moves out", "Median days before", "Direction"],
      numbers: 2,
      rows: [...told().transitions]
        .sort((a, b) => a.from - b.from || b.moves - a.moves)
        .map((m) => [titleOf(m.from), titleOf(m.to), count(m.moves), percent(m.share), length(m.median), m.back ? "back" : "on"]),
    });
  },
});

function moveCells(moves, rows, columns, width, height, box) {
  const every = rows.flatMap((from, y) => columns.map((to, x) => [x, y, moves.findIndex((m) => m.from === from && m.to === to)]));
  return {
    type: "custom",
    data: every.map(([x, y, n]) => [x, y, n < 0 ? 0 : moves[n].share, n]),
    renderItem: (params, api) => {
      const n = api.value(3);
      const [x, y] = api.coord([api.value(0), api.value(1)]);
      const shape = { x: x - width / 2 + 1.5, y: y - height / 2 + 1.5, width: width - 3, height: height - 3, r: 3 };
      if (n < 0) return { type: "rect", silent: true, shape, style: { fill: color("track") } };
      const { moves: number, share, back } = moves[n];
      const fill = between([color("heat-first"), color("heat-last")], Math.sqrt(share));
      const edge = back ? { stroke: color("warn"), lineWidth: 2, lineDash: [4, 2] } : {};
      const said = box.small ? bare(share) : `${percent(share)}${back ? " ↩" : ""}`;
      return {
        type: "group",
        children: [
          { type: "rect", shape, style: { fill, ...edge } },
          { type: "text", x, y: box.small ? y : y - 7, style: { text: said, fill: inkOn(fill), font: `${box.small ? 11 : 13}px ${FONT}`, align: "center", verticalAlign: "middle" } },
          ...(box.small ? [] : [{ type: "text", x, y: y + 9, style: { text: count(number), fill: inkOn(fill), font: `11px ${FONT}`, align: "center", verticalAlign: "middle" } }]),
        ],
      };
    },
  };
}

function moveTip(n) {
  if (n < 0) return ["No such move"];
  const { from, to, moves, share, median, back } = told().transitions[n];
  return [`${titleOf(from)} → ${titleOf(to)}`, ["moves", count(moves)], [`of all out of ${titleOf(from)}`, percent(share)], ["median days before", length(median)], ...(back ? [["direction", "back"]] : [])];
}
