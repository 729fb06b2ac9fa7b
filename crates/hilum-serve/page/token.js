// The token that a server may ask for: kept as long as this tab is open, and nowhere else.

import { element } from "./element.js";
import { text } from "./texts.js";

const KEY = "hilum-token";
let asking = null;

export function token() {
  return sessionStorage.getItem(KEY);
}

/** Asks for a token; several requests that need one ask once. `false` if nobody gives one. */
export function askForToken() {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

function ask() {
  const wasWrong = token() !== null;
  sessionStorage.removeItem(KEY);
  const field = element("input", { type: "password", id: "token", autocomplete: "off", required: true });
  const form = element(
    "form",
    { method: "dialog" },
    element("h2", { id: "token-title" }, text("token.title")),
    element("p", {}, text(wasWrong ? "token.wrong" : "token.why")),
    element("label", { for: "token" }, text("token.label")),
    field,
    element(
      "div",
      { class: "buttons" },
      element("button", { class: "primary" }, text("token.send")),
      element("button", { type: "button", onclick: () => dialog.close() }, text("close")),
    ),
  );
  const dialog = element("dialog", { "aria-labelledby": "token-title", class: "narrow-dialog" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value) sessionStorage.setItem(KEY, field.value);
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(token() !== null);
    });
  });
}
