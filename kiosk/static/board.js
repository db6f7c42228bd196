// Asks for the page again and again and puts in what changed; says so when nobody answers.
"use strict";
const every = 1000 * Number(document.body.dataset.refresh || 0);
let tag = "";
async function look() {
  try {
    const answer = await fetch(location.href, {headers: tag ? {"If-None-Match": tag} : {}, cache: "no-store"});
    if (!answer.ok && answer.status !== 304) throw new Error(answer.status);
    document.body.classList.remove("stale");
    if (answer.status === 304) return;
    tag = answer.headers.get("ETag") || "";
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["header", "main"]) {
      const here = document.querySelector(part);
      const there = fresh.querySelector(part);
      if (here && there && here.innerHTML !== there.innerHTML) here.innerHTML = there.innerHTML;
    }
  } catch {
    document.body.classList.add("stale");
  }
}
if (every) setInterval(look, every);
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
