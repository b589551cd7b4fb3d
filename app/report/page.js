"use strict";
/* Ties each figure to its box on the page picture, and back. Without this script the links still work as anchors. */
for (const subject of document.querySelectorAll(".subject")) {
  const paper = subject.querySelector(".paper");
  const select = subject.querySelector(".tools select");
  const places = new Map();
  for (const element of subject.querySelectorAll("[data-place]")) {
    const key = element.dataset.place;
    if (!places.has(key)) places.set(key, []);
    places.get(key).push(element);
  }
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const behavior = calm ? "auto" : "smooth";
  let pinned = null;
  let waiting = 0;

  const mark = (key) => {
    for (const element of subject.querySelectorAll(".active")) element.classList.remove("active");
    for (const element of places.get(key) ?? []) element.classList.add("active");
  };
  const isBox = (element) => element.classList.contains("box");
  const boxOf = (key) => places.get(key).find(isBox);
  const figureOf = (key) => places.get(key).find((element) => element.id) ?? places.get(key).find((element) => !isBox(element));

  const showOnPaper = (element, share) => {
    const inner = element.getBoundingClientRect();
    const outer = paper.getBoundingClientRect();
    const clear = inner.top > outer.top + 40 && inner.bottom < outer.bottom - 40 && inner.left > outer.left && inner.right < outer.right;
    if (clear && share) return;
    paper.scrollBy({ top: inner.top - outer.top - outer.height * share, left: inner.left - outer.left - outer.width / 2, behavior });
  };
  const showFigure = (key) => {
    const figure = figureOf(key);
    figure?.closest("details")?.setAttribute("open", "");
    figure?.scrollIntoView({ block: "center", behavior });
    return figure;
  };

  subject.addEventListener("mouseover", (event) => {
    const element = event.target.closest("[data-place]");
    clearTimeout(waiting);
    if (!element) return mark(pinned);
    mark(element.dataset.place);
    if (!isBox(element)) waiting = setTimeout(() => showOnPaper(boxOf(element.dataset.place), 0.35), 140);
  });
  subject.addEventListener("mouseleave", () => { clearTimeout(waiting); mark(pinned); });
  subject.addEventListener("focusin", (event) => {
    const element = event.target.closest("[data-place]");
    if (!element) return;
    mark(element.dataset.place);
    if (!isBox(element) && element.matches(":focus-visible")) showOnPaper(boxOf(element.dataset.place), 0.35);
  });
  subject.addEventListener("click", (event) => {
    const page = event.target.closest("[data-page]");
    if (page) { event.preventDefault(); return showOnPaper(document.getElementById(page.dataset.page), 0); }
    const element = event.target.closest("[data-place]");
    if (!element) { pinned = null; return mark(null); }
    event.preventDefault();
    const key = element.dataset.place;
    pinned = key;
    const other = isBox(element) ? showFigure(key) : boxOf(key);
    if (other && isBox(other)) showOnPaper(other, 0.35);
    if (event.detail === 0) other?.focus({ preventScroll: true });
    mark(key);
  });
  subject.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { pinned = null; mark(null); }
  });

  select.addEventListener("change", () => showOnPaper(document.getElementById(select.value), 0));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) select.value = entry.target.id;
  }, { root: paper, rootMargin: "-30% 0px -69% 0px" });
  for (const page of paper.querySelectorAll(".page")) seen.observe(page);

  let zoom = 1;
  for (const button of subject.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      const step = Number(button.dataset.zoom);
      zoom = step ? Math.min(3, Math.max(0.5, zoom + step * 0.25)) : 1;
      paper.style.setProperty("--zoom", zoom);
      if (pinned) showOnPaper(boxOf(pinned), 0.35);
    });
  }
  const doubtful = [...subject.querySelectorAll(".spread a.doubtful")];
  let next = 0;
  subject.querySelector("[data-next]")?.addEventListener("click", (event) => {
    event.stopPropagation();
    const key = doubtful[next++ % doubtful.length]?.dataset.place;
    if (!key) return;
    pinned = key;
    showFigure(key);
    showOnPaper(boxOf(key), 0.35);
    mark(key);
  });
}
const closed = [];
addEventListener("beforeprint", () => {
  for (const element of document.querySelectorAll("details:not([open])")) { closed.push(element); element.open = true; }
});
addEventListener("afterprint", () => { for (const element of closed.splice(0)) element.open = false; });
