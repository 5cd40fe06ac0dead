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
