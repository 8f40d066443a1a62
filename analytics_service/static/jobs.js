// Shows how far jobs are without a reload. The page is whole without this, and then loads itself again.
"use strict";

(() => {
  const PAUSE_MS = 1000;
  const AFTER_FAILURE_MS = 5000;

  const live = (root) => root.getElementById("live");
  const parts = (root) => new Map(Array.from(live(root).querySelectorAll("[data-part]"), (part) => [part.dataset.part, part]));

  // Tokens of forms are others each time, and mean the same.
  function told(part) {
    const copy = part.cloneNode(true);
    for (const token of copy.querySelectorAll("[name=csrf_token]")) token.remove();
    return copy.outerHTML;
  }

  // Only what has changed is replaced: a button under a finger stays where it is.
  function show(fresh) {
    const [before, after] = [parts(document), parts(fresh)];
    if (before.size !== after.size || [...after.keys()].some((name) => !before.has(name))) {
      live(document).replaceWith(document.adoptNode(live(fresh)));
      return;
    }
    for (const [name, part] of after) {
      if (told(part) !== told(before.get(name))) before.get(name).replaceWith(document.adoptNode(part));
    }
    live(document).dataset.waiting = live(fresh).dataset.waiting;
  }

  async function look() {
    let pause = PAUSE_MS;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      pause = AFTER_FAILURE_MS; // signed out, or the service is away: what is shown stays
    }
    next(pause);
  }

  function next(pause) {
    if (live(document).dataset.waiting !== "0") setTimeout(look, pause);
  }

  next(PAUSE_MS);
})();
