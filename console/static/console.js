// What the pages cannot say in HTML. Every hook is a data attribute; pages work without it.
"use strict";

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-back]")) history.back();
  if (event.target.closest("[data-print]")) window.print();
});

// A form with data-once is sent once: a second click would only be refused.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll("button[type=submit]")) {
    if (event.target.matches("[data-once]")) setTimeout(() => { button.disabled = true; }, 0);
  }
});
// Back in the page: what was disabled may be used again.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[data-once] button[type=submit]")) button.disabled = false;
});

// What a page asks by itself, every few seconds, does not keep a session alive when the person has left.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.triggeringEvent) event.detail.headers["X-Unasked"] = "1";
});

// <div class="chart" data-chart="ID" role="img" aria-label="…"></div> <script type="application/json" id="ID">{ECharts option}</script>
function draw(root) {
  for (const place of root.querySelectorAll("[data-chart]")) {
    if (place.dataset.drawn || !window.echarts) continue;
    place.dataset.drawn = "yes";
    const chart = window.echarts.init(place);
    const option = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    option.animation = false;
    option.tooltip = { ...option.tooltip, renderMode: "richText" };
    chart.setOption(option);
    window.addEventListener("resize", () => chart.resize());
  }
}
document.addEventListener("DOMContentLoaded", () => draw(document));
document.addEventListener("htmx:afterSwap", (event) => draw(event.target));

// <button data-copy="ID">: what the field with this id holds goes to the clipboard, and #ID-copied says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
  document.getElementById(`${field.id}-copied`).textContent = "已复制";
});

// <input type="file" data-largest="BYTES">: a file that is too large is told at once, rather than after it was sent.
document.addEventListener("change", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || !field.dataset.largest) return;
  const large = field.files[0] && field.files[0].size > Number(field.dataset.largest);
  field.setCustomValidity(large ? `文件超过 ${Math.floor(Number(field.dataset.largest) / 1048576)} MB，请分成几个文件。` : "");
  if (large) field.reportValidity();
});

// <button data-key="1">: the key presses it, unless the person is writing or holds another key.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const button = /^[1-9]$/.test(event.key) && document.querySelector(`button[data-key="${event.key}"]:not(:disabled)`);
  if (button) button.click();
});
