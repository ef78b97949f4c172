"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const pages = [...document.querySelectorAll(".page")];
  const pictures = pages.map((page) => page.firstElementChild);
  const rightToLeft = document.body.dataset.reading === "rtl";
  const first = rightToLeft ? "right" : "left";
  const seek = byId("seek"), where = byId("where"), stage = byId("pages");
  const wish = { double: null, wide: false };
  let at = 0;
  let onRight, onLeft;

  // Two pages belong together where the second lies on the other side of the fold.
  const partner = (index) => {
    const side = pages[index].dataset.side;
    if (side === "center") return null;
    const other = side === first ? index + 1 : index - 1;
    const found = pages[other];
    return found && found.dataset.side !== "center" && found.dataset.side !== side ? other : null;
  };
  const isDouble = () => wish.double ?? window.innerWidth > 1.15 * window.innerHeight;
  const shown = () => {
    const other = isDouble() ? partner(at) : null;
    return other === null ? [at] : [at, other].sort((a, b) => a - b);
  };

  const fit = () => {
    const view = shown();
    const bars = 2 * document.querySelector(".bar").offsetHeight + 16;
    const sizes = view.map((index) => [
      Number(pictures[index].getAttribute("width")),
      Number(pictures[index].getAttribute("height")),
    ]);
    // Pages of one spread are equally high, whatever their pixels are.
    const height = Math.max(...sizes.map((size) => size[1]));
    const width = sizes.reduce((sum, size) => sum + (size[0] * height) / size[1], 0);
    const across = root.clientWidth / width;
    const down = (window.innerHeight - bars) / height;
    const scale = wish.wide ? across : Math.min(across, down);
    view.forEach((index, place) => {
      const [w, h] = sizes[place];
      pictures[index].style.height = `${Math.floor(height * scale)}px`;
      pictures[index].style.width = `${Math.floor((w * height * scale) / h)}px`;
    });
  };

  const show = () => {
    const view = shown();
    pages.forEach((page, index) => { page.hidden = !view.includes(index); });
    fit();
    const numbers = view.map((index) => pages[index].dataset.number);
    const last = pages[pages.length - 1].dataset.number;
    where.textContent = `${numbers.join("\u2013")} / ${last}`;
    seek.value = at + 1;
    seek.setAttribute("aria-valuetext", `page ${numbers.join(" and ")} of ${last}`);
    const back = rightToLeft ? byId("right") : byId("left");
    const on = rightToLeft ? byId("left") : byId("right");
    back.disabled = view[0] === 0;
    on.disabled = view[view.length - 1] === pages.length - 1;
    byId("double").setAttribute("aria-pressed", isDouble());
    byId("wide").setAttribute("aria-pressed", wish.wide);
  };

  const go = (index) => {
    const target = Math.max(0, Math.min(pages.length - 1, index));
    const changed = !shown().includes(target);
    at = target;
    show();
    if (changed) {
      root.classList.toggle("turned"); // begins the animation anew
      window.scrollTo(0, 0);
    }
    const place = `#${pages[shown()[0]].dataset.number}`;
    if (location.hash !== place) {
      try { history.replaceState(null, "", place); } catch { location.hash = place; }
    }
  };
  const turn = (step) => {
    const view = shown();
    const target = step > 0 ? view[view.length - 1] + 1 : view[0] - 1;
    if (target >= 0 && target < pages.length) go(target);
  };
  onRight = () => turn(rightToLeft ? -1 : 1);
  onLeft = () => turn(rightToLeft ? 1 : -1);

  // In a page that is higher than the window these go on in the page first.
  const read = (step) => {
    const room = root.scrollHeight - window.innerHeight;
    const left = step > 0 ? room - window.scrollY : window.scrollY;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (left > 2) {
      const by = step * 0.85 * (window.innerHeight - 96);
      window.scrollBy({ top: by, behavior: calm ? "instant" : "smooth" });
    } else {
      turn(step);
    }
  };

  const fill = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else root.requestFullscreen?.().catch(() => {});
  };
  const keep = () => {
    try { localStorage.setItem("storyboard-reader", JSON.stringify(wish)); } catch {}
  };
  const wishDouble = () => { wish.double = !isDouble(); keep(); show(); go(at); };
  const wishWide = () => { wish.wide = !wish.wide; keep(); show(); };

  const keys = {
    ArrowRight: () => onRight(), ArrowLeft: () => onLeft(),
    ArrowDown: () => read(1), ArrowUp: () => read(-1),
    PageDown: () => read(1), PageUp: () => read(-1),
    Home: () => go(0), End: () => go(pages.length - 1),
    d: wishDouble, w: wishWide, f: fill,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target === seek) return;
    const space = event.key === " " && !event.target.closest("button");
    const action = space ? () => read(event.shiftKey ? -1 : 1) : keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  let touch = null;
  document.addEventListener("touchstart", (event) => {
    const one = event.touches.length === 1 && event.target !== seek;
    touch = one ? [event.touches[0].clientX, event.touches[0].clientY] : null;
  }, { passive: true });
  document.addEventListener("touchend", (event) => {
    if (!touch || (window.visualViewport?.scale ?? 1) > 1.05) return;
    const end = event.changedTouches[0];
    const across = end.clientX - touch[0], down = end.clientY - touch[1];
    touch = null;
    if (Math.abs(across) < 45 || Math.abs(across) < 1.5 * Math.abs(down)) return;
    if (across < 0) onRight(); else onLeft();
  }, { passive: true });

  byId("left").addEventListener("click", () => onLeft());
  byId("right").addEventListener("click", () => onRight());
  byId("double").addEventListener("click", wishDouble);
  byId("wide").addEventListener("click", wishWide);
  byId("full").addEventListener("click", fill);
  byId("full").hidden = !document.fullscreenEnabled;
  document.addEventListener("fullscreenchange", () => {
    byId("full").setAttribute("aria-pressed", Boolean(document.fullscreenElement));
  });
  seek.addEventListener("input", () => go(Number(seek.value) - 1));
  window.addEventListener("resize", show);
  const fromHash = () => {
    const index = pages.findIndex((page) => `#${page.dataset.number}` === location.hash);
    if (index >= 0) go(index);
  };
  window.addEventListener("hashchange", fromHash);

  try { Object.assign(wish, JSON.parse(localStorage.getItem("storyboard-reader")) ?? {}); } catch {}
  root.classList.add("reads");
  show();
  fromHash();
})();
