// What is wrong with the page that is shown, as sentences; `limits` are px and ratios.
(limits) => {
  const faults = [];
  const name = (e) => `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""}${e.className && e.className.baseVal === undefined ? "." + e.className.trim().replace(/\s+/g, ".") : ""} «${(e.textContent || "").trim().replace(/\s+/g, " ").slice(0, 24)}»`;
  const shown = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const covered = (e) => { // whether a sheet lies over it
    if (document.querySelector("#strip.is-open")) return !e.closest("#strip");
    const sheet = [...document.querySelectorAll(".sheet, #overlay")].find((s) => !s.hidden);
    return sheet && !sheet.contains(e) && !e.closest("#header") && !e.closest("#strip") && !e.closest("#notice");
  };
  const scroller = (e) => { for (let p = e.parentElement; p; p = p.parentElement) if (/auto|scroll/.test(getComputedStyle(p).overflowY) && p.scrollHeight > p.clientHeight + 1) return p; return null; };
  const inside = (e) => { const box = e.getBoundingClientRect(); return box.left >= -0.5 && box.top >= -0.5 && box.right <= innerWidth + 0.5 && box.bottom <= innerHeight + 0.5; };

  const buttons = [...document.querySelectorAll("button")].filter((b) => shown(b) && !covered(b));
  for (const button of buttons) {
    const box = button.getBoundingClientRect();
    if (box.width < limits.target || box.height < limits.target) faults.push(`small target ${Math.round(box.width)}x${Math.round(box.height)}: ${name(button)}`);
    if (button.matches("#bar > button") && box.height < limits.primary) faults.push(`low action ${Math.round(box.height)}: ${name(button)}`);
    if (!(button.textContent.trim() || button.getAttribute("aria-label"))) faults.push(`nameless ${name(button)}`);
    const held = scroller(button);
    if (!inside(button) && !held) faults.push(`out of the screen: ${name(button)}`);
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const edge = held && held.getBoundingClientRect();
    const seen = inside(button) && (!edge || (y > edge.top && y < edge.bottom));
    if (seen) { const top = document.elementFromPoint(x, y); if (top && !button.contains(top)) faults.push(`covered by ${name(top)}: ${name(button)}`); }
    if (button.scrollWidth > button.clientWidth + 1 || button.scrollHeight > button.clientHeight + 1) faults.push(`text too large for ${name(button)}`);
  }
  for (let i = 0; i < buttons.length; i += 1) for (let j = i + 1; j < buttons.length; j += 1) {
    const a = buttons[i].getBoundingClientRect(), b = buttons[j].getBoundingClientRect();
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && high > 1 && scroller(buttons[i]) === scroller(buttons[j])) faults.push(`overlap: ${name(buttons[i])} and ${name(buttons[j])}`);
  }

  const light = (c) => { const [r, g, b] = c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const rgba = (text) => { const v = text.match(/[\d.]+/g).map(Number); return { rgb: v.slice(0, 3), a: v[3] === undefined ? 1 : v[3] }; };
  const paper = (e) => { for (let p = e; p; p = p.parentElement) { const c = rgba(getComputedStyle(p).backgroundColor); if (c.a > 0.99) return c.rgb; } return [255, 255, 255]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || !shown(e) || covered(e) || e.closest(".aside")) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    if (size < limits.text) faults.push(`text of ${size} px: ${name(e)}`);
    const [one, two] = [light(rgba(style.color).rgb), light(paper(e))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05), least = e.closest(".outcome") ? limits.outcome : limits.contrast;
    if (ratio < least) faults.push(`contrast ${ratio.toFixed(1)}: ${name(e)}`);
    const range = document.createRange(); range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const ellipsis = style.textOverflow === "ellipsis";
    if (!ellipsis && !scroller(e) && (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1)) faults.push(`cut off: ${name(e)}`);
    for (let p = e; p && p !== document.body; p = p.parentElement) {
      const s = getComputedStyle(p);
      if (s.overflowX === "visible" || s.textOverflow === "ellipsis" || /auto|scroll/.test(s.overflowY)) continue;
      const hull = p.getBoundingClientRect();
      if (box.right > hull.right + 1 || box.bottom > hull.bottom + 1) { faults.push(`clipped by ${name(p).slice(0, 30)}: ${name(e)}`); break; }
    }
  }
  for (const e of document.querySelectorAll("body *")) {
    if (shown(e) && !covered(e) && /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1) faults.push(`scrolls sideways: ${name(e)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
  if (!document.documentElement.lang) faults.push("no language");
  for (const image of document.images) if (image.getAttribute("alt") === null) faults.push("image without alt");
  const main = document.querySelector("#main");
  const scrolls = [...document.querySelectorAll("#main, #main *, .sheet, #overlay, #overlay *")].filter((e) => shown(e) && !covered(e) && /auto|scroll/.test(getComputedStyle(e).overflowY) && e.scrollHeight > e.clientHeight + 1).map(name);
  return { faults: [...new Set(faults)], scrolls };
}
