// What arrives while the inbox is open. The page is whole without this: it only saves the reload.
"use strict";

(() => {
  const section = document.getElementById("inbox");
  const list = document.getElementById("notifications");
  const pattern = document.getElementById("pattern");
  const connection = document.getElementById("connection");
  const unread = document.getElementById("unread");
  const markAll = document.getElementById("mark-all-read");
  const language = document.documentElement.lang;
  const texts = section.dataset;
  const plainTitle = document.title.replace(/^\(\d+\) /, "");
  const FIRST_PAUSE_MS = 2000;
  const LONGEST_PAUSE_MS = 30000;

  const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23", timeZone: "UTC" });
  const distance = new Intl.RelativeTimeFormat(language, { numeric: "always" });
  const UNITS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

  function ago(time) {
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    const found = UNITS.find(([, size]) => -seconds >= size);
    return found ? distance.format(Math.round(seconds / found[1]), found[0]) : texts.justNow;
  }

  function refreshTimes() {
    for (const time of list.querySelectorAll("time.ago")) time.textContent = ago(time);
  }

  function show(kind, text) {
    connection.className = `chip chip-${kind}`;
    connection.textContent = text;
    connection.hidden = false;
  }

  function fill(row, told) {
    const one = (name) => row.querySelector(`.${name}`);
    row.id = told.id;
    row.dataset.order = told.order;
    one("title").textContent = told.title;
    one("text").textContent = told.text;
    for (const time of row.querySelectorAll("time")) time.dateTime = told.occurred_at;
    one("ago").textContent = ago(one("ago"));
    one("moment").textContent = `${moment.format(new Date(told.occurred_at))} UTC`;
    const form = one("mark-read");
    form.setAttribute("action", form.getAttribute("action").replace("/-/", `/${encodeURIComponent(told.id)}/`));
    for (const name of ["transfer", "journey"]) {
      if (told.transfer_id) one(name).href += told.transfer_id;
      else one(name).remove();
    }
    if (told.alert) fillAlert(one, told.alert);
    else for (const name of ["state", "severity", "process", "alerts", "runbook"]) one(name)?.remove();
  }

  function fillAlert(one, alert) {
    const resolved = alert.status === "resolved";
    one("state").textContent = resolved ? texts.resolved : texts.firing;
    one("state").className = `chip chip-${resolved ? "good" : "bad"} state`;
    one("severity").textContent = alert.severity;
    one("process").textContent = alert.process;
    if (/^https?:\/\//.test(alert.runbook_url)) one("runbook").href = alert.runbook_url;
    else one("runbook").remove();
  }

  // A stream brings some again after a break; what lies below this page belongs to an older one.
  function belongs(told) {
    if (document.getElementById(told.id) || (texts.onlyUnread && told.read_at)) return false;
    const last = list.lastElementChild;
    return texts.complete === "true" || !last || told.order > last.dataset.order;
  }

  function arrive(told) {
    if (!belongs(told)) return;
    const row = pattern.content.firstElementChild.cloneNode(true);
    fill(row, told);
    row.classList.add("arrived");
    list.insertBefore(row, [...list.children].find((other) => other.dataset.order < told.order) || null);
    document.getElementById("empty").hidden = true;
    if (told.read_at) {
      row.classList.remove("unread");
      row.querySelector(".mark-read").remove();
    } else {
      count(Number(unread.textContent) + 1);
    }
    markAll.elements.upto.value = list.firstElementChild.dataset.order;
    document.getElementById("announcement").textContent = `${told.title}. ${told.text}`;
  }

  function count(number) {
    unread.textContent = number;
    document.title = `(${number}) ${plainTitle}`;
    markAll.hidden = false;
  }

  let last = texts.cursor;
  let pause = FIRST_PAUSE_MS;

  function listen() {
    const source = new EventSource(`${texts.live}?after=${last}`, { withCredentials: true });
    source.addEventListener("open", () => {
      pause = FIRST_PAUSE_MS;
      show("good", texts.connected);
    });
    source.addEventListener("notification", (event) => {
      last = event.lastEventId;
      arrive(JSON.parse(event.data));
    });
    source.addEventListener("end", () => {
      source.close();
      show("bad", texts.ended);
    });
    source.addEventListener("error", () => {
      show("warn", texts.waiting);
      // The browser tries again by itself after a broken connection, but not after an answer like 503.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(listen, pause * (0.5 + Math.random()));
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    });
  }

  setInterval(refreshTimes, 15000);
  if (texts.newest === "true" && "EventSource" in window) {
    show("quiet", texts.connecting);
    listen();
  }
})();
