// What is wrong with the page as it stands, one sentence each: for people with a phone, with a keyboard, with weak eyes, with a screen reader.
() => {
  const wrong = [];
  const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const told = (e) => `<${e.tagName.toLowerCase()}> ${(e.id || e.name || e.textContent || "").trim().slice(0, 30)}`;
  const name = (e) =>
    (e.getAttribute("aria-label") || [...(e.labels || [])].map((l) => l.textContent).join("") || e.textContent || e.title || "").trim();

  if (document.scrollingElement.scrollWidth > innerWidth)
    wrong.push(`wider than the window: ${document.scrollingElement.scrollWidth} > ${innerWidth}`);

  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!(e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || (e.labels.length && name(e)))) wrong.push(`no label: ${told(e)}`);
  for (const e of document.querySelectorAll("button, a[href], summary")) if (shown(e) && !name(e)) wrong.push(`no name: ${told(e)}`);
  for (const e of document.querySelectorAll("img:not([alt])")) wrong.push(`no alt: ${told(e)}`);
  for (const e of document.querySelectorAll("th:not([scope])")) wrong.push(`no scope: ${told(e)}`);
  for (const e of document.querySelectorAll("[id]"))
    if (document.querySelectorAll(`#${CSS.escape(e.id)}`).length > 1) wrong.push(`id twice: ${e.id}`);

  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(shown).map((h) => Number(h.tagName[1]));
  if (levels.filter((l) => l === 1).length !== 1) wrong.push(`headings of level 1: ${levels.filter((l) => l === 1).length}`);
  levels.reduce((above, l) => { if (l > above + 1) wrong.push(`heading ${l} below heading ${above}`); return l; }, 0);

  // WCAG 2: text against what is painted behind it.
  const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const painted = (layers) => {
    const key = layers.join("|");
    if (!known.has(key)) {
      brush.fillStyle = "#fff"; brush.fillRect(0, 0, 1, 1);
      for (const layer of layers) { brush.fillStyle = layer; brush.fillRect(0, 0, 1, 1); }
      const [r, g, b] = [...brush.getImageData(0, 0, 1, 1).data].map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      known.set(key, 0.2126 * r + 0.7152 * g + 0.0722 * b);
    }
    return known.get(key);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !shown(e) || e.closest("script, noscript, option, svg, :disabled, .visually-hidden, .visually-hidden-focusable")) continue;
    const behind = [];
    for (let at = e; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const [dark, light] = [painted(behind), painted([...behind, style.color])].sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < (size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5)) wrong.push(`contrast ${ratio.toFixed(2)}: ${told(e)}`);
  }
  return [...new Set(wrong)];
}
