import { choices, granted } from "./consent.js";
import { script } from "./script.js";
import { told } from "./told.js";
import { visit } from "./visit.js";

/** Call the API, even while the page is left. A plain text body needs no CORS preflight, so the key travels inside it. */
export const post = (path, content) =>
  fetch(new URL("v1/" + path, script.src), {
    method: "POST",
    keepalive: true,
    body: JSON.stringify({
      key: script.dataset.key,
      consent: choices,
      ...(granted("storage") && (path !== "events" || granted("analytics")) && { ...told.account, ...visit(0).ids }),
      ...content,
    }),
  });
