// The filters, the theme, and the first drawing.
let allSaid = false;
let wanted = [];
let missing = [];

function option(value, label, chosen) {
  return h("option", { value, selected: chosen }, label);
}

function fillFilters() {
  const { periods, owners, open } = now();
  const group = (label, kind) => (periods[kind].length ? h("optgroup", { label }, periods[kind].map((start) => option(`${kind}:${start}`, periodText(`${kind}:${start}`)))) : null);
  document.getElementById("period").replaceChildren(...[option("all", "All time", true), group("Quarters", "quarter"), group("Months", "month")].filter(Boolean));
  const used = [...new Set(countsOf(now()).map((c) => c.owner))];
  const isMember = (n) => now().members.includes(n);
  const named = used.map((n) => [owners[n], n]).sort((a, b) => isMember(b[1]) - isMember(a[1]) || a[0].localeCompare(b[0]));
  document.getElementById("owner").replaceChildren(option("-1", "Everyone", true), ...named.map(([name, n]) => option(String(n), name)));
  state.values = open.attributes.map(() => "all");
  document.getElementById("attributes").replaceChildren(...open.attributes.map(attributeFilter));
  document.getElementById("cohort").replaceChildren(...["quarter", "month", "week"].filter((kind) => whole().funnel[kind]).map((kind) => option(kind, { quarter: "Quarters", month: "Months", week: "Weeks" }[kind], kind === kindOfCohort())));
}

/** A filter by an attribute: its values that an open record has, or that pictures can be drawn of, in their order. */
function attributeFilter(attribute, k) {
  const used = new Set(countsOf(now()).map((c) => valueKey(c.values[k])));
  const keys = [...attribute.values.keys(), null].map(valueKey).filter((key) => used.has(key) || now().segments[k][key]);
  const any = option("all", `Any ${attribute.title.toLowerCase()}`, true);
  return h("label", {}, h("span", {}, attribute.title), h("select", { "aria-label": attribute.title, onchange: onFilter }, any, keys.map((key) => option(key, valueText(attribute, key)))));
}

const attributeSelects = () => [...document.querySelectorAll("#attributes select")];

/** What filters within a history: period, who moved last, and each attribute. */
const filterSelects = () => [...document.querySelectorAll(".filters select:not(#history)")];

/** A filter by what every history calls it, which numbers its choices in its own way. */
const filterName = (select) => `${select.id} ${select.getAttribute("aria-label")}`;

/** What is chosen in a filter, and how one says it. */
function choiceOf(select) {
  const choice = select.selectedOptions[0].textContent;
  return { name: filterName(select), choice, says: select.id ? choice : `${select.getAttribute("aria-label")} ${choice}` };
}

/** Chooses it in the history that is shown; whether that has it. */
function chooses({ name, choice }) {
  const select = filterSelects().find((one) => filterName(one) === name);
  const found = [...(select?.options ?? [])].find((one) => one.textContent === choice);
  if (found) found.selected = true;
  return Boolean(found);
}

/** What a link leads to stands below the filters, however high they are. */
const clearOfFilters = () => (root.style.scrollPaddingTop = `${document.querySelector(".filters").offsetHeight + 12}px`);

const historyText = ({ title, relation }) => (relation ? `${title} (${relation})` : title);

function announce() {
  const counts = shownCounts();
  document.getElementById("shown").textContent = `${count(sum(counts.map((c) => c.number)))} of ${count(now().open.total)} open records`;
  document.getElementById("reset").hidden = wanted.length === 0;
  document.getElementById("history-shown").textContent = DATA.histories.length > 1 ? `The pictures are of ${historyText(now())}.` : "";
}

/** What is chosen here is wanted, and what is missing here until the same filter is chosen. */
function onFilter() {
  const chosen = filterSelects().filter((one) => one.selectedIndex > 0).map(choiceOf);
  missing = missing.filter(({ name }) => !chosen.some((one) => one.name === name));
  wanted = [...chosen, ...missing];
  applyFilters();
}

function applyFilters() {
  state.missing = missing.map(({ says }) => says);
  state.period = document.getElementById("period").value;
  state.owner = Number(document.getElementById("owner").value);
  state.values = attributeSelects().map((select) => select.value);
  names.shown = ROWS_AT_ONCE;
  names.open = null;
  announce();
  fillAll();
}

/** Of what is said, the changes of all histories, and what there is of the one that is chosen. */
function showSaid() {
  const others = [...document.querySelectorAll(".sentences > [data-history]")].filter((one) => Number(one.dataset.history) !== state.history);
  document.querySelectorAll(".sentences > li").forEach((one) => (one.hidden = !allSaid && others.includes(one)));
  const more = document.getElementById("more-said");
  more.hidden = others.length === 0;
  more.textContent = allSaid ? `Only what is said of ${historyText(now())}` : `Show what is said of the other pipelines (${count(others.length)})`;
}

/** What the other history does not have stays wanted, for when one is chosen again that has it. */
function onHistory() {
  state.history = Number(document.getElementById("history").value);
  fillFilters();
  showSaid();
  missing = wanted.filter((one) => !chooses(one));
  applyFilters();
}

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);

function sayTheme() {
  document.getElementById("theme").textContent = isDark() ? "Light" : "Dark";
}

function onTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  sayTheme();
  redrawAll();
}

function start() {
  const on = (id, event, listener) => document.getElementById(id).addEventListener(event, listener);
  const histories = document.getElementById("history");
  histories.replaceChildren(...DATA.histories.map((one, n) => option(String(n), historyText(one), n === 0)));
  document.getElementById("history-filter").hidden = DATA.histories.length < 2;
  fillFilters();
  on("history", "change", onHistory);
  on("more-said", "click", () => {
    allSaid = !allSaid;
    showSaid();
  });
  on("period", "change", onFilter);
  on("owner", "change", onFilter);
  on("reset", "click", () => {
    filterSelects().forEach((select) => (select.selectedIndex = 0));
    missing = [];
    onFilter();
    document.getElementById("period").focus();
  });
  on("theme", "click", onTheme);
  on("with-outcomes", "change", (event) => {
    withOutcomes = event.target.checked;
    fill(pictures.find((one) => one.id === "flow"));
  });
  on("cohort", "change", (event) => {
    cohortKind = event.target.value;
    fill(pictures.find((one) => one.id === "funnel"));
  });
  on("stuck-only", "change", (event) => {
    Object.assign(names, { stuckOnly: event.target.checked, shown: ROWS_AT_ONCE, open: null });
    fillNames();
  });
  on("names-more", "click", () => {
    names.shown += ROWS_AT_ONCE;
    fillNames();
  });
  prefersDark.addEventListener("change", () => (sayTheme(), redrawAll()));
  sayTheme();
  showSaid();
  announce();
  clearOfFilters();
  fillAll();
  let width = innerWidth;
  let waiting = 0;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(() => (clearOfFilters(), redrawAll()), 120);
  });
  // On paper: light, everything drawn, tables opened; then as it was.
  let theme, closed;
  addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    root.classList.add("print");
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((one) => (one.open = true));
    fillAll();
    drawAll();
  });
  addEventListener("afterprint", () => {
    root.classList.remove("print");
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    closed.forEach((one) => (one.open = false));
    fillAll();
  });
}

start();
