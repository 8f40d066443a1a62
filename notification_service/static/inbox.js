// What arrives while the inbox is open. The page is whole without this: it only saves the reload.
"use strict";

(() => {
  const section = document.getElementById("inbox");
  const list = document.getElementById("notifications");
  const pattern = document.getElementById("pattern");
  const connection = document.getElementById("connection");
  const unread = document.getElementById("unread");
  const badge = document.getElementById("badge");
  const markAll = document.getElementById("mark-all-read");
  const language = document.documentElement.lang;
  const texts = section.dataset;
  const plainTitle = document.title.replace(/^\(\d+\+?\) /, "");
  const FIRST_PAUSE_MS = 2000;
  const LONGEST_PAUSE_MS = 30000;
  const SILENCE_MS = 25000; // the stream says every 10 s that it is alive
  const TOO_MANY_OF_YOURS = 429;
  const COUNTED_TO = 1000; // more unread are not counted

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
    for (const form of row.querySelectorAll(".inbox-acts form")) {
      form.setAttribute("action", form.getAttribute("action").replace("/-/", `/${encodeURIComponent(told.id)}/`));
      form.querySelector(".visually-hidden").textContent = `: ${told.title}`;
    }
    for (const name of ["transfer", "journey"]) {
      if (told.transfer_id) one(name).href += told.transfer_id;
      else one(name).remove();
    }
    if (told.report) one("report").href += told.report.id;
    else one("report").remove();
    if (told.alert) fillAlert(one, told.alert);
    else for (const name of ["state", "severity", "process", "alerts", "runbook", "dashboard"]) one(name)?.remove();
  }

  function fillAlert(one, alert) {
    const resolved = alert.status === "resolved";
    one("state").textContent = resolved ? texts.resolved : texts.firing;
    one("state").className = `chip chip-${resolved ? "good" : "bad"} state`;
    one("severity").textContent = alert.severity;
    one("process").textContent = alert.process;
    for (const [name, url] of [["runbook", alert.runbook_url], ["dashboard", alert.dashboard_url]]) {
      if (/^https?:\/\//.test(url)) one(name).href = url;
      else one(name).remove();
    }
  }

  // A stream brings some again after a break; what lies below this page belongs to an older one.
  function belongs(told) {
    if (document.getElementById(told.id) || told.archived_at) return false;
    const last = list.lastElementChild;
    return texts.complete === "true" || !last || told.order > last.dataset.order;
  }

  function place(row) {
    list.insertBefore(row, [...list.children].find((other) => other.dataset.order < row.dataset.order) || null);
  }

  function arrive(told) {
    if (!belongs(told)) return;
    const row = pattern.content.firstElementChild.cloneNode(true);
    fill(row, told);
    row.classList.add("arrived");
    place(row);
    recent.set(row, asked);
    document.getElementById("empty").hidden = true;
    if (told.read_at) {
      row.classList.remove("unread");
      row.querySelector(".mark-read").remove();
    } else {
      expected = Math.min(expected + 1, COUNTED_TO);
    }
    markAll.elements.upto.value = list.firstElementChild.dataset.order;
    document.getElementById("announcement").textContent = `${told.title}. ${told.text}`;
  }

  let expected = Number(texts.unread);
  let asked = 0; // which look is the latest
  let owed = false; // a look is to be had when nobody is at work in the list any more
  const recent = new Map(); // rows that arrived, with the look that was under way: its answer may not have them

  // The stream says how many are unread whenever that changes: after what arrived, or because of another window.
  function count(number) {
    const text = number < COUNTED_TO ? String(number) : `${COUNTED_TO - 1}+`;
    unread.textContent = text;
    badge.textContent = text;
    badge.hidden = number === 0;
    document.title = number ? `(${text}) ${plainTitle}` : plainTitle;
    markAll.hidden = number === 0 || !list.firstElementChild;
    if (number !== expected) lookAgain();
    expected = number;
  }

  // Something was read or archived elsewhere: the list as it is now, from the same address.
  async function lookAgain() {
    const look = ++asked;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    const text = answer?.ok && !answer.redirected ? await answer.text().catch(() => null) : null;
    if (look !== asked || answer?.redirected) return;
    if (text === null) setTimeout(() => look === asked && lookAgain(), LONGEST_PAUSE_MS * Math.random());
    else if (list.contains(document.activeElement)) owed = true;
    else replace(new DOMParser().parseFromString(text, "text/html"), look);
  }

  // What arrived while the page was on its way may be missing in it, and stays.
  function replace(page, look) {
    const rows = page.getElementById("notifications");
    if (!rows) return;
    const newer = [...recent].filter(([, since]) => since >= look).map(([row]) => row);
    recent.clear();
    list.replaceChildren(...rows.children);
    texts.complete = page.getElementById("inbox").dataset.complete;
    document.getElementById("pager").replaceChildren(...page.getElementById("pager").children);
    for (const row of newer) {
      if (document.getElementById(row.id)) continue;
      place(row);
      recent.set(row, look);
    }
    document.getElementById("empty").hidden = list.childElementCount > 0;
    refreshTimes();
  }

  list.addEventListener("focusout", (event) => {
    if (!owed || list.contains(event.relatedTarget)) return;
    owed = false;
    lookAgain();
  });

  let last = texts.cursor;
  let pause = FIRST_PAUSE_MS;
  let silence;

  function listen() {
    const source = new EventSource(`${texts.live}?after=${last}`, { withCredentials: true });
    // A line that was cut without a word looks like one on which nothing happens.
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        source.close();
        show("warn", texts.waiting);
        listen();
      }, SILENCE_MS);
    };
    heard();
    for (const name of ["open", "alive", "unread", "notification"]) source.addEventListener(name, heard);
    source.addEventListener("open", () => {
      pause = FIRST_PAUSE_MS;
      show("good", texts.connected);
    });
    source.addEventListener("notification", (event) => {
      last = event.lastEventId;
      arrive(JSON.parse(event.data));
    });
    source.addEventListener("unread", (event) => count(JSON.parse(event.data).unread));
    source.addEventListener("end", () => {
      source.close();
      clearTimeout(silence);
      show("bad", texts.ended);
    });
    source.addEventListener("error", () => {
      show("warn", texts.waiting);
      // The browser tries again by itself after a broken connection, but not after an answer like 503.
      if (source.readyState !== EventSource.CLOSED) return;
      clearTimeout(silence);
      tryAgain();
    });
  }

  // Why a stream was refused an EventSource doesn't tell. Too many of one's own is nothing that time mends.
  async function tryAgain() {
    const wait = pause * (0.5 + Math.random());
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    const answer = await fetch(texts.live, { method: "HEAD", credentials: "include" }).catch(() => null);
    if (answer?.status !== TOO_MANY_OF_YOURS) return void setTimeout(listen, wait);
    show("bad", texts.tooMany);
    document.getElementById("again").hidden = false;
  }

  setInterval(refreshTimes, 15000);
  if (texts.listens === "true" && "EventSource" in window) {
    show("quiet", texts.connecting);
    listen();
  }
})();
