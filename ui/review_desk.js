// The review desk: the page on the left with a box on each figure, the spread on the right. It draws what it is given and
// reports gestures; nothing is computed or kept here but which figure is chosen.
const kept = new Map();

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  const memory = kept.get(data.task) || { chosen: null, sheets: {}, zoom: 1, queue: [], inflight: null };
  kept.set(data.task, memory);
  Object.assign(memory.sheets, data.sheets);
  const root = parentElement.querySelector("#desk");
  const figures = new Map(data.figures.map((f) => [f.n, f]));
  if (memory.inflight && (data.answered === memory.inflight.stamp || Date.now() - memory.inflight.stamp > 20000)) memory.inflight = null;
  for (const g of [memory.inflight, ...memory.queue]) if (g?.gesture === "confirmed" && figures.has(g.number)) taken(figures.get(g.number));
  const doubtful = data.figures.filter((f) => f.doubtful).map((f) => f.n);
  if (data.wanted != null && data.wanted !== memory.wanted) { memory.wanted = data.wanted; memory.chosen = data.wanted; }
  if (memory.advance && figures.has(memory.chosen) && !figures.get(memory.chosen).doubtful) memory.chosen = next(1);
  memory.advance = false;
  if (!figures.has(memory.chosen)) memory.chosen = doubtful[0] ?? data.figures[0]?.n ?? null;
  let typed = null, drawing = null;

  root.innerHTML = `<div class="left"><div class="bar" id="pagebar"></div><div class="sheet" id="sheet"></div></div>
    <div class="right" id="right" tabindex="0" role="grid" aria-label="Spread"></div>
    <div class="foot"><div id="said" aria-live="polite"></div><div id="ask"></div></div><div id="help" hidden></div>`;
  const at = (id) => root.querySelector("#" + id);
  const make = (tag, cls, text) => { const e = document.createElement(tag); if (cls) e.className = cls; if (text != null) e.textContent = text; return e; };

  function next(step) {
    if (!doubtful.length) return memory.chosen;
    const order = data.figures.map((f) => f.n), here = order.indexOf(memory.chosen);
    const ahead = doubtful.filter((n) => step > 0 ? order.indexOf(n) > here : order.indexOf(n) < here);
    return step > 0 ? ahead[0] ?? doubtful[0] : ahead[ahead.length - 1] ?? doubtful[doubtful.length - 1];
  }

  function pageOf() { return figures.get(memory.chosen)?.page ?? memory.page ?? data.pages[0]?.key; }

  function drawTable() {
    const right = at("right");
    right.innerHTML = "";
    for (const table of data.tables) {
      const t = make("table"), head = make("tr");
      head.append(make("th", "name", table.title), ...table.heads.map((h) => make("th", "", h)));
      t.append(head);
      for (const row of table.rows) {
        const r = make("tr", row.heading ? "heading" : row.total ? "total" : "");
        r.append(make("td", "name", row.label));
        if (!row.heading) for (const cell of row.cells) {
          const d = make("td", "cell");
          for (const n of cell) {
            const f = figures.get(n); if (!f) continue;
            const b = make("span", "fig " + f.state + (n === memory.chosen ? " chosen" : ""), (f.mark ? f.mark + " " : "") + f.shown);
            b.title = f.hint; b.dataset.n = n; b.setAttribute("role", "gridcell"); b.setAttribute("aria-selected", n === memory.chosen);
            b.setAttribute("aria-label", `${f.name}: ${f.shown}, ${f.state}`);
            b.onclick = () => choose(n);
            d.append(b);
          }
          r.append(d);
        }
        t.append(r);
      }
      right.append(t);
    }
  }

  function wanted(key) {
    if (memory.asked === key && Date.now() - memory.askedAt < 5000) return;
    memory.asked = key; memory.askedAt = Date.now();
    setStateValue("page", { key, stamp: memory.askedAt });
  }

  function zoomBy(by) { memory.zoom = Math.min(5, Math.max(0.5, memory.zoom * by)); drawPage(); }

  function drawBar(key) {
    const bar = at("pagebar"), pick = make("select");
    bar.innerHTML = "";
    pick.setAttribute("aria-label", "Page");
    for (const p of data.pages) { const o = make("option", "", p.label); o.value = p.key; o.selected = p.key === key; pick.append(o); }
    pick.onchange = () => { memory.chosen = data.figures.find((f) => f.page === pick.value)?.n ?? null; memory.page = pick.value; draw(); };
    const button = (text, title, act) => { const b = make("button", "", text); b.title = title; b.setAttribute("aria-label", title); b.onclick = act; return b; };
    bar.append(pick, button("−", "Smaller", () => zoomBy(1 / 1.25)), button("+", "Larger", () => zoomBy(1.25)), button("?", "Keys", acts["?"]));
  }

  function drawPage() {
    const key = pageOf(), page = data.pages.find((p) => p.key === key), sheet = at("sheet"), kept = memory.sheets[key];
    memory.page = key;
    drawBar(key);
    sheet.innerHTML = "";
    if (!page) { sheet.append(make("p", "note", "No page was sent.")); return; }
    if (!kept) {
      sheet.append(make("p", "note", page.trouble || "Drawing the page …"));
      if (!page.trouble) wanted(key);
      return;
    }
    const paper = make("div", "paper"), image = make("img");
    paper.style.width = 100 * memory.zoom + "%";
    image.src = kept.picture; image.alt = page.label; image.draggable = false;
    paper.append(image);
    for (const f of data.figures) if (f.page === key && f.box) {
      const b = make("div", "box " + f.state + (f.n === memory.chosen ? " chosen" : ""));
      b.style.cssText = placed(f.box);
      b.title = f.hint; b.dataset.n = f.n;
      paper.append(b);
    }
    if (data.editable) dragBox(paper, key); else paper.onclick = (e) => { const n = e.target.dataset.n; if (n) choose(Number(n)); };
    sheet.append(paper);
    const show = () => { memory.drawnAt = performance.now(); paper.querySelector(".chosen")?.scrollIntoView({ block: "center", inline: "center" }); };
    if (image.complete) requestAnimationFrame(show); else image.onload = show;
  }

  const placed = (b) => `left:${100 * b[0]}%;top:${100 * b[1]}%;width:${100 * (b[2] - b[0])}%;height:${100 * (b[3] - b[1])}%`;

  // A click chooses the figure under it; a drag, anywhere and without a key before, draws a box.
  function dragBox(paper, key) {
    let start = null, box = null; const mark = make("div", "box drawn");
    const spot = (e) => { const r = paper.getBoundingClientRect(); return [(e.clientX - r.left) / r.width, (e.clientY - r.top) / r.height]; };
    paper.onpointerdown = (e) => { if (e.button === 0) { start = { at: spot(e), x: e.clientX, y: e.clientY, n: e.target.dataset.n }; box = null; } };
    paper.onpointermove = (e) => {
      if (!start || (!box && Math.hypot(e.clientX - start.x, e.clientY - start.y) < 6)) return;
      if (!box) { paper.append(mark); paper.setPointerCapture(e.pointerId); }
      const [x, y] = spot(e);
      box = [Math.min(start.at[0], x), Math.min(start.at[1], y), Math.max(start.at[0], x), Math.max(start.at[1], y)].map((v) => Math.min(1, Math.max(0, v)));
      mark.style.cssText = placed(box);
    };
    paper.onpointerup = () => { const from = start; start = null; if (box) askBox(box, key); else if (from?.n) choose(Number(from.n)); };
  }

  function askBox(box, key) {
    const page = data.pages.find((p) => p.key === key), words = memory.sheets[key]?.words ?? [], f = chosen();
    const middle = (w) => [(w[1] + w[3]) / 2, (w[2] + w[4]) / 2];
    const inside = words.filter((w) => { const [x, y] = middle(w); return x > box[0] && x < box[2] && y > box[1] && y < box[3]; });
    const row = words.filter((w) => { const y = middle(w)[1]; return y > box[1] && y < box[3] && w[3] < box[0] && !/^[\d$(,.)-]+$/.test(w[0]); });
    const text = inside.map((w) => w[0]).join(" "), label = row.map((w) => w[0]).join(" ");
    const account = data.accounts.find(([, name]) => name.toLowerCase() === label.toLowerCase())?.[0] ?? "";
    const near = data.figures.filter((g) => g.page === key && g.box).sort((a, b) => Math.abs(a.box[2] - box[2]) - Math.abs(b.box[2] - box[2]))[0];
    const place = drawing === "box" || (f && !drawing && f.page === key && text === f.shown);
    drawing = null;
    const what = [["missing", "a missing figure"], ...(f ? [["box", "the place of " + f.name]] : [])];
    const fields = [{ name: "what", label: "What is it", options: what, value: place ? "box" : "missing" },
      { name: "value", label: "Amount", value: text.replace(/[$£€\s]/g, "") },
      { name: "account", label: "Account", options: [["", "Account …"], ...data.accounts], value: account },
      { name: "period", label: "Period", options: page.periods.length ? page.periods : [["current", "current"]], value: near?.period }];
    ask("Box:", fields, null, (s) => s.what === "box"
      ? send("box", { value: s.value, box, page: page.number })
      : send("missing", { value: s.value, account: s.account, period: s.period, box, file: page.file, page: page.number, label, text }, undefined, null));
  }

  function choose(n) { memory.chosen = n; typed = null; draw(); at("right").focus({ preventScroll: true }); }
  // Gestures are sent one after the other; what is confirmed counts on the screen at once, so that nobody waits to go on.
  function send(gesture, said, why, number = memory.chosen) {
    memory.advance = true;
    memory.queue.push({ gesture, number, said, why: why ?? data.gestures[gesture]?.[0] ?? "" });
    if (gesture === "confirmed") {
      taken(figures.get(number));
      doubtful.splice(doubtful.indexOf(number), 1);
      memory.chosen = next(1);
      draw();
    }
    say("Saving …");
    sendNext();
  }
  function taken(figure) { figure.doubtful = false; figure.state = "accepted"; figure.mark = ""; }
  function sendNext() {
    if (memory.inflight || !memory.queue.length) return;
    memory.inflight = { ...memory.queue.shift(), seen: data.seen, stamp: Date.now() };
    setTriggerValue("gesture", memory.inflight);
  }

  function ask(title, fields, reasons, done) {
    const box = at("ask"); box.innerHTML = "";
    const form = make("form"); form.append(make("b", "", title));
    for (const f of fields) {
      let e;
      if (f.options) { e = make("select"); for (const [v, text] of f.options) { const o = make("option", "", text); o.value = v; o.selected = v === f.value; e.append(o); } }
      else { e = make("input"); e.value = f.value ?? ""; e.placeholder = f.label; }
      e.name = f.name; e.setAttribute("aria-label", f.label); form.append(e);
    }
    if (reasons?.length) { const e = make("select"); e.name = "why"; e.setAttribute("aria-label", "Why"); for (const r of reasons) e.append(make("option", "", r)); form.append(e); }
    form.append(make("button", "", "Save ⏎"));
    form.onsubmit = (e) => { e.preventDefault(); const said = Object.fromEntries(new FormData(form)); const why = said.why; delete said.why; box.innerHTML = ""; done(said, why); };
    form.onkeydown = (e) => { e.stopPropagation(); if (e.key === "Escape") { typed = null; box.innerHTML = ""; at("right").focus(); } };
    box.append(form);
    const first = form.querySelector("input,select"); first?.focus(); if (first?.tagName === "INPUT") first.setSelectionRange(first.value.length, first.value.length);
  }

  const chosen = () => figures.get(memory.chosen);
  const say = (text) => { at("said").textContent = text; };
  const acts = {
    Enter: () => chosen()?.doubtful ? send("confirmed", {}) : choose(next(1)),
    n: () => choose(next(1)), N: () => choose(next(-1)),
    a: () => ask("Account", [{ name: "account", label: "Account", options: data.accounts, value: chosen().account }], data.gestures.account, (s, w) => send("account", s, w)),
    p: () => ask("Period", [{ name: "period", label: "Period", options: chosen().periods, value: chosen().period }], data.gestures.period, (s, w) => send("period", s, w)),
    s: () => send("sign", {}),
    k: () => ask("Unit of this statement", [{ name: "scale", label: "Unit", options: [["1", "ones"], ["1000", "thousands"], ["1000000", "millions"]] }], data.gestures.scale, (s, w) => send("scale", { scale: Number(s.scale) }, w)),
    x: () => send("not on the page", {}),
    b: () => { drawing = "box"; say("Draw the right box on the page, with the mouse."); },
    m: () => { drawing = "missing"; say("Draw a box round the missing figure, with the mouse."); },
    d: () => { memory.queue.push({ gesture: "go", said: "Decision" }); sendNext(); },
    "+": () => zoomBy(1.25), "=": () => zoomBy(1.25), "_": () => zoomBy(1 / 1.25),
    u: () => send("undo", {}, "", null),
    "?": () => { const h = at("help"); h.hidden = !h.hidden; },
  };
  acts.j = () => ask("Adjust (the page is right)", [{ name: "kind", label: "Kind", options: data.adjustments.map((k) => [k, k]) }, { name: "amount", label: "Amount to add" }, { name: "reason", label: "Reason" }], null, (s) => send("adjust", { ...s, account: chosen().account, period: chosen().period }, s.reason));

  root.onkeydown = (e) => {
    if (e.target.closest("form") || e.target.tagName === "SELECT" || e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "Tab" && doubtful.length) { e.preventDefault(); choose(next(e.shiftKey ? -1 : 1)); return; }
    if (e.key === "ArrowDown" || e.key === "ArrowUp") { e.preventDefault(); const o = data.figures.map((f) => f.n), i = o.indexOf(memory.chosen); choose(o[Math.max(0, Math.min(o.length - 1, i + (e.key === "ArrowDown" ? 1 : -1)))]); return; }
    if (e.key === "Escape") { drawing = null; at("help").hidden = true; at("said").textContent = ""; drawPage(); return; }
    if (!data.editable && !["n", "N", "?", "d", "+", "=", "_"].includes(e.key)) return;
    if (/^[0-9(.\-]$/.test(e.key) && chosen()) { e.preventDefault(); ask("Amount", [{ name: "value", label: "Amount", value: e.key }], data.gestures.amount, (s, w) => send("amount", s, w)); return; }
    const act = acts[e.key];
    if (act && (chosen() || ["u", "m", "?", "d", "+", "=", "_"].includes(e.key))) { e.preventDefault(); act(); }
  };

  function draw() {
    drawTable(); drawPage();
    const f = chosen();
    say((data.message ? data.message + "  " : "") + (f ? f.name + ": " + f.hint : ""));
    requestAnimationFrame(() => at("right")?.querySelector(".chosen")?.scrollIntoView({ block: "nearest" }));
  }
  for (const [k, w] of data.help) { const line = make("div"); line.append(make("kbd", "", k), w); at("help").append(line); }
  for (const [state, w] of data.legend) { const line = make("div"); line.append(make("span", "swatch " + state), w); at("help").append(line); }
  at("sheet").onwheel = (e) => { if (e.ctrlKey) { e.preventDefault(); zoomBy(e.deltaY < 0 ? 1.15 : 1 / 1.15); } };
  draw();
  if (memory.worked || data.focus) at("right").focus({ preventScroll: true });
  memory.worked = true;
  sendNext();
}
