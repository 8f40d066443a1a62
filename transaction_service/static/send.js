// Says while one types what the ledger would say: what is left, and what is too much. Only the server decides.
"use strict";

(() => {
  const form = document.getElementById("send");
  const accounts = JSON.parse(document.getElementById("accounts-now").textContent);
  const live = document.getElementById("amount-live");
  const { account, amount, payee, own } = form.elements;
  const texts = form.dataset;

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const chosen = () => accounts.find((found) => found.id === account.value) || accounts[0];

  function money(minor, { currency, decimals }) {
    const shown = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency });
    return shown.format(minor / 10 ** decimals);
  }

  // As contracts/money.py reads it: digits, and at most the currency's decimals behind one point or comma.
  function minorUnits(text, { decimals }) {
    const written = /^([0-9]{1,13})(?:[.,]([0-9]+))?$/.exec(text.trim());
    if (!written || (written[2] || "").length > decimals) return null;
    return Number(written[1] + (written[2] || "").padEnd(decimals, "0"));
  }

  function said() {
    const from = chosen();
    if (!amount.value.trim()) return ["", false];
    const minor = minorUnits(amount.value, from);
    if (minor === null) return [texts.formatText, true];
    if (minor === 0) return [texts.zeroText, true];
    const now = form.elements.when.value !== "later";
    const limited = !(own && own.value);
    if (now && minor > from.available) return [fill(texts.fundsText, { available: money(from.available, from) }), true];
    if (limited && minor > from.per_transfer) return [fill(texts.onceText, { limit: money(from.per_transfer, from) }), true];
    if (!now) return ["", false];
    if (limited && minor > from.remaining_today) return [fill(texts.dayText, { left: money(from.remaining_today, from) }), true];
    const rest = fill(texts.restText, { rest: money(from.available - minor, from) });
    const left = limited ? fill(texts.leftText, { left: money(from.remaining_today - minor, from) }) : "";
    return [`${rest} ${left}`, false];
  }

  function look() {
    const [text, wrong] = said();
    live.textContent = text;
    live.classList.toggle("live-wrong", wrong);
    for (const part of form.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== form.elements.when.value;
    const self = payee.value.trim().replace(/^@/, "").toLowerCase() === texts.self;
    payee.setCustomValidity(self ? texts.selfText : "");
  }

  // A handle is often copied with its sign.
  payee.addEventListener("change", () => {
    payee.value = payee.value.trim().replace(/^@/, "");
    look();
    if (!payee.validity.valid) payee.reportValidity();
  });
  form.addEventListener("input", look);
  for (const chip of document.querySelectorAll("[data-payee]")) {
    chip.addEventListener("click", (event) => {
      event.preventDefault();
      payee.value = chip.dataset.payee;
      look();
      amount.focus();
    });
  }
  look();
})();
