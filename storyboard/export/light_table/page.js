(() => {
  "use strict";
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  const takes = all(".take");
  const toRight = one("main").dataset.reading === "rtl" ? -1 : 1;
  const large = one("#large");
  const tray = one(".tray");
  const noted = new Map(); // a panel and the take that was noted for it, in the order of noting
  const memory = `storyboard ${location.pathname}`;
  let shown = null;

  const panelOf = (take) => take.closest(".panel");
  const takesOf = (panel) => all(".take", panel);
  const inSight = () => takes.filter((take) => !panelOf(take).hidden);
  const say = (words) => { one("#said").textContent = words; };
  const addressOf = (panel) => one("h3 bdi", panel).textContent;

  // Walking: every take is one step from the next in reading order, whichever panel it is in.

  function next(take, by) {
    const row = inSight();
    return row[row.indexOf(take) + by];
  }

  function ofPanel(take, by) {
    const panels = all(".panel:not([hidden])").filter((panel) => one(".take", panel));
    const panel = panels[panels.indexOf(panelOf(take)) + by];
    return panel && (one(".take.picked", panel) || one(".take", panel));
  }

  // The nearest take in the rows above or below, as the eye would go.
  function beyond(take, down) {
    const middle = (box) => [(box.left + box.right) / 2, box.top + box.height / 2];
    const here = take.getBoundingClientRect();
    const [x, y] = middle(here);
    let best, least = Infinity;
    for (const other of inSight()) {
      const box = other.getBoundingClientRect();
      const [left, top] = middle(box);
      const away = (top - y) * down;
      if (away < here.height / 2) continue;
      const cost = away + Math.abs(left - x) / 4;
      if (cost < least) [best, least] = [other, cost];
    }
    return best;
  }

  function reach(take) {
    for (const other of takesOf(panelOf(take))) other.tabIndex = other === take ? 0 : -1;
  }

  function walk(take, key) {
    switch (key) {
      case "ArrowRight": return next(take, toRight);
      case "ArrowLeft": return next(take, -toRight);
      case "ArrowDown": return beyond(take, 1);
      case "ArrowUp": return beyond(take, -1);
      case "Home": return inSight()[0];
      case "End": return inSight().pop();
    }
  }

  function leaf(take, key) {
    switch (key) {
      case "ArrowRight": return next(take, toRight);
      case "ArrowLeft": return next(take, -toRight);
      case "ArrowDown": return ofPanel(take, 1);
      case "ArrowUp": return ofPanel(take, -1);
    }
  }

  // Looking closer

  function open(take) {
    show(take);
    if (!large.open) large.showModal();
    one(".pick .copy", large).focus();
  }

  function show(take) {
    const panel = panelOf(take);
    shown = take;
    one(".easel", large).replaceChildren(one(".picture", take).cloneNode(true));
    one("#large-name .address", large).textContent = addressOf(panel);
    one("#large-name .name", large).textContent = take.dataset.name;
    one(".which", large).replaceChildren(...one(".caption", take).cloneNode(true).childNodes);
    one(".pick code", large).textContent = take.dataset.command;
    one(".pick h3", large).textContent =
      take.classList.contains("picked") ? "In use now; to pick it again" : "Use this take";
    one(".draw", large).hidden = !panel.dataset.draw;
    one(".draw code", large).textContent = panel.dataset.draw;
    one(".draw h3", large).textContent = panel.dataset.state === "ready" ? "More takes" : "Draw it";
    one(".turn.back", large).disabled = !next(take, -1);
    one(".turn.on", large).disabled = !next(take, 1);
    strip(panel, take);
    about(panel);
    pressed();
    for (const button of all(".copy", large)) button.textContent = "Copy";
  }

  function strip(panel, take) {
    const others = takesOf(panel);
    one(".strip", large).hidden = others.length < 2;
    one(".strip", large).replaceChildren(...others.map((other) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(one(".picture", other).cloneNode(true));
      button.setAttribute("aria-label", other.dataset.name);
      if (other === take) button.setAttribute("aria-current", "true");
      button.classList.toggle("in-panel-use", other.classList.contains("picked"));
      button.addEventListener("click", () => show(other));
      return button;
    }));
  }

  function about(panel) {
    const copy = one(".about", panel).cloneNode(true);
    for (const named of all("[id]", copy)) named.removeAttribute("id");
    one("details", copy).open = true;
    for (const code of all("dd > code", copy)) {
      code.parentElement.previousElementSibling.classList.add("chore");
      code.parentElement.classList.add("chore");
    }
    one(".more", large).replaceChildren(copy);
  }

  function closed() {
    if (!shown) return;
    reach(shown);
    shown.focus();
    shown = null;
  }

  // Noting picks, to copy their commands together

  function note(take) {
    const panel = panelOf(take);
    const before = noted.get(panel);
    if (before) before.classList.remove("noted");
    noted.delete(panel);
    if (before !== take) {
      noted.set(panel, take);
      take.classList.add("noted");
    }
    say(`${addressOf(panel)}, ${take.dataset.name}, ${before === take ? "no longer noted" : "noted"}`);
    laid();
  }

  function laid() {
    tray.hidden = !noted.size;
    one(".count", tray).textContent = noted.size === 1 ? "1 pick noted" : `${noted.size} picks noted`;
    one(".list", tray).textContent = [...noted.keys()].slice(0, 6).map(addressOf).join(", ")
      + (noted.size > 6 ? ", …" : "");
    one(".copy", tray).textContent = noted.size === 1 ? "Copy command" : "Copy commands";
    pressed();
    try {
      const commands = [...noted.values()].map((take) => take.dataset.command);
      sessionStorage.setItem(memory, JSON.stringify(commands));
    } catch {} // a browser may forbid it: then a reload forgets
  }

  // What was noted before the page was made anew and loaded again; what was picked since is done.
  function recall() {
    let commands = [];
    try {
      commands = JSON.parse(sessionStorage.getItem(memory)) || [];
    } catch {}
    for (const take of takes) {
      if (commands.includes(take.dataset.command) && !take.classList.contains("picked")) {
        noted.set(panelOf(take), take);
        take.classList.add("noted");
      }
    }
    laid();
  }

  function pressed() {
    const on = Boolean(shown) && noted.get(panelOf(shown)) === shown;
    one(".note", large).setAttribute("aria-pressed", String(on));
    one(".note", large).textContent = on ? "Noted" : "Note for later";
  }

  function clear() {
    for (const take of noted.values()) take.classList.remove("noted");
    noted.clear();
    laid();
  }

  // Copying

  async function copy(text, button, source) {
    const done = await toClipboard(text, button);
    if (!done && source) getSelection().selectAllChildren(source);
    const words = done ? "Copied" : "Press Ctrl+C";
    say(done ? "Copied" : "The command is selected: copy it with Ctrl+C");
    const before = button.textContent;
    if (before === words) return;
    button.textContent = words;
    setTimeout(() => { if (button.textContent === words) button.textContent = before; }, 1800);
  }

  async function toClipboard(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return byHand(text, button);
    }
  }

  // Where a page from a file may not use the clipboard. The field stands in the dialog, whose
  // surroundings cannot be selected.
  function byHand(text, button) {
    const field = document.createElement("textarea");
    field.className = "unseen";
    field.value = text;
    button.after(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    button.focus();
    return done;
  }

  // Which panels are shown

  const kept = {
    all: () => true,
    takes: (panel) => panel.dataset.takes > 1,
    open: (panel) => panel.dataset.state !== "ready",
    warnings: (panel) => panel.dataset.warnings > 0,
  };

  function filter(which) {
    for (const panel of all(".panel")) panel.hidden = !kept[which](panel);
    for (const page of all(".page")) page.hidden = !one(".panel:not([hidden])", page);
  }

  // Hands

  const plain = (event) => !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);

  one("main").addEventListener("keydown", (event) => {
    const take = event.target.closest(".take");
    if (!take || !plain(event)) return;
    const to = walk(take, event.key);
    if (to) {
      reach(to);
      to.focus();
    } else if (event.key.toLowerCase() === "p") note(take);
    else return;
    event.preventDefault();
  });
  one("main").addEventListener("click", (event) => {
    const take = event.target.closest(".take");
    if (take && large.showModal) open(take);
  });
  large.addEventListener("keydown", (event) => {
    if (!plain(event)) return;
    const to = leaf(shown, event.key);
    if (to) show(to);
    else if (event.key.toLowerCase() === "p") note(shown);
    else return;
    event.preventDefault();
  });
  large.addEventListener("close", closed);
  one(".close", large).addEventListener("click", () => large.close());
  one(".turn.back", large).addEventListener("click", () => show(next(shown, -1)));
  one(".turn.on", large).addEventListener("click", () => show(next(shown, 1)));
  one(".note", large).addEventListener("click", () => note(shown));
  for (const box of all(".command", large)) {
    const button = one(".copy", box);
    const code = one("code", box);
    button.addEventListener("click", () => copy(code.textContent, button, code));
  }
  one(".copy", tray).addEventListener("click", (event) => {
    copy([...noted.values()].map((take) => take.dataset.command).join("\n") + "\n", event.target);
  });
  one(".clear", tray).addEventListener("click", clear);
  for (const choice of all("input[name=show]")) {
    choice.addEventListener("change", () => filter(choice.value));
    if (choice.checked) filter(choice.value); // a browser may remember the choice over a reload
  }
  for (const panel of all(".panel")) {
    const first = one(".take.picked", panel) || one(".take", panel);
    if (first) reach(first);
  }
  recall();
  document.documentElement.classList.add("scripted");
})();
