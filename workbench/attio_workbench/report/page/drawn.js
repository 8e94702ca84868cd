// What whole pictures are drawn from, of a history or of a segment of it: packed by `drawn.py`, made rows when it is needed.

/** A packed column whose rows have several numbers each: gives as many as it is asked for, one after the other. */
function inParts(packed) {
  const numbers = unpack(packed);
  let from = 0;
  return (many) => numbers.slice(from, (from += many));
}

/** Packed rows that have a period, with its key in the place of its number. */
const periodRowsOf = (columns) => rowsOf(columns).map((row) => ({ ...row, period: now().keys[row.period] }));

function curvesOf({ rows, ...packed }) {
  const [x, y, at, bands] = [packed.x, packed.y, packed.at, packed.bands].map(inParts);
  return periodRowsOf(rows).map(({ status, period, points }) => ({
    status,
    period,
    x: x(points),
    y: y(points),
    at: at(DATA.shownDays.length),
    bands: period === "all" ? bands(3) : null,
  }));
}

/** Cohorts, each with what of it reached a status: how many, their share, and after how many days at the median. */
function cohortsOf({ rows, statuses, ...packed }) {
  const [reached, median] = [packed.reached, packed.median].map(inParts);
  return periodRowsOf(rows).map(({ period, ...cohort }) => {
    const [numbers, days] = [reached(statuses.length), median(statuses.length)];
    const steps = statuses.map((status, n) => [status, [numbers[n], numbers[n] / cohort.records, days[n]]]);
    return { ...cohort, start: period.split(":")[1], steps: Object.fromEntries(steps.filter(([, [number]]) => number !== null)) };
  });
}

function conversionOf({ days, rows, ...packed }) {
  const [share, watched] = [packed.share, packed.watched].map(inParts);
  return { days, rows: rowsOf(rows).map((row) => ({ ...row, share: share(days.length), watched: watched(days.length) })) };
}

const mapped = (object, make) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, make(value)]));

/** All of it, made once. */
function drawnOf(packed) {
  packed.made ??= {
    time: periodRowsOf(packed.time),
    curves: curvesOf(packed.curves),
    flow: { ...packed.flow, in: mapped(packed.flow.in, unpack) },
    funnel: mapped(packed.funnel, cohortsOf),
    imported: packed.imported,
    conversion: conversionOf(packed.conversion),
    transitions: rowsOf(packed.transitions),
  };
  return packed.made;
}

/** What is drawn of all records; and of those that are chosen, where the models tell them apart, else of all. */
const whole = () => drawnOf(now().whole);
const told = () => drawnOf(segment() ?? now().whole);
