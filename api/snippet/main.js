import { command } from "./commands.js";
import { quietly } from "./quietly.js";
import { flush } from "./send.js";
import { told } from "./told.js";

/** Begin once the page's elements are there. Consent first, then what happened, then the page: the alphabet's order. */
const start = quietly(() => {
  const waiting = window.vitrine || [];
  if (!waiting.map) return; // Another copy of this script runs already.
  window.vitrine = { push: (...entries) => entries.forEach(command) };
  [...waiting, ["layer"]].sort().forEach(command);
  if (!told.turn) command(["page"]);
  addEventListener("visibilitychange", flush);
});

document.readyState === "loading" ? addEventListener("DOMContentLoaded", start) : start();
