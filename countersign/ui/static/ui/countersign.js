/* What a page gains when scripts run. Without them every link and form still works. */
(() => {
  "use strict";
  const find = (selector, root = document) => root.querySelector(selector);
  const FIELDS = "input:not([type=hidden]):not(:disabled), select:not(:disabled), textarea:not(:disabled)";

  /* Dialogs: the server sends one into #dialog, or one is already in the page. */
  let opener = null;

  const show = (dialog) => {
    opener ??= document.activeElement;
    dialog.showModal();
    (find(".errors", dialog) ?? find(FIELDS, dialog) ?? dialog).focus();
    dialog.addEventListener("close", () => {
      if (dialog.parentElement?.id === "dialog") dialog.remove();
      if (opener?.isConnected) opener.focus();
      opener = null;
    }, { once: true });
  };

  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-close]");
    if (close) {
      const dialog = close.closest("dialog");
      if (dialog) { event.preventDefault(); dialog.close(); }
      return;
    }
    const opens = event.target.closest("[data-opens]");
    if (opens) show(find("#" + opens.dataset.opens));
    const menu = find(".settings[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });

  /* Keys of one character can be turned off (WCAG 2.2, 2.1.4). Storage may be refused; then they stay on. */
  const KEYS = "countersign.keys";
  const stored = () => { try { return localStorage.getItem(KEYS); } catch { return null; } };
  let keysOn = stored() !== "off";

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = find(".settings[open]");
      if (menu) { menu.open = false; find("summary", menu).focus(); }
      return;
    }
    const writing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (!keysOn || writing || event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]")) return;
    const target = event.key === "/" ? find("input[type=search]") : event.key === "?" ? find("#keys") : null;
    if (!target) return;
    event.preventDefault();
    if (target.matches("dialog")) show(target); else { target.focus(); target.select(); }
  });

  /* htmx: CSRF travels by hx-headers on the body; 422 is swapped by the htmx-config meta tag. */
  document.addEventListener("htmx:beforeRequest", (event) => {
    const dialog = find("#dialog");
    if (event.detail.target === dialog && !dialog.contains(event.detail.elt)) opener = event.detail.elt;
    find("#trouble")?.setAttribute("hidden", "");
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    const dialog = target.id === "dialog" && find("dialog", target);
    if (dialog) { if (!dialog.open) show(dialog); return; }
    if (target.id === "dialog" && opener?.isConnected) { opener.focus(); opener = null; return; }
    find(".errors", target)?.focus();
  });

  const trouble = (text) => {
    const box = find("#trouble");
    if (!box) return;
    find("dialog[open]")?.close();
    box.textContent = text;
    box.hidden = false;
    box.focus();
  };

  /* A refusal is a page of its own: say its heading and its words. Signed out: load again, which leads to the door. */
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) { location.reload(); return; }
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const said = [find("h1", page), find("[data-error] p", page)].map((part) => part?.textContent.trim());
    trouble(said.filter(Boolean).join(". ") || "That did not work. Load the page again and retry.");
  });
  document.addEventListener("htmx:sendError", () => trouble("The server did not answer. Check the connection and retry."));

  /* Scripts are deferred: the page is there. */
  find("main .errors")?.focus();
  for (const button of document.querySelectorAll("[data-opens]")) button.hidden = false;
  const choice = find("#keys-on");
  if (choice) {
    choice.checked = keysOn;
    choice.addEventListener("change", () => {
      keysOn = choice.checked;
      try { localStorage.setItem(KEYS, keysOn ? "on" : "off"); } catch { /* private window: for this page only */ }
    });
  }
})();
