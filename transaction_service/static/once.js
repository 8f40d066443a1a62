// A form is sent once, however often its button is pressed; and a page that a browser kept is asked for anew, so that
// going back shows how things are. The server makes sure of both by itself: this only saves the second request.
"use strict";

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    else if (!event.defaultPrevented) form.dataset.sent = "yes";
  });
}

window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
