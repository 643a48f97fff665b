import { render } from "./carousel.js";
import { granted } from "./consent.js";
import { element } from "./element.js";
import { post } from "./post.js";
import { script } from "./script.js";
import { flush, send } from "./send.js";
import { told } from "./told.js";
import { visit } from "./visit.js";
import { watch } from "./watch.js";

/** What the shop called out for the popups. Once their module is there, `push` acts at once. */
export const triggers = [];

/**
 * Have the popup module arm campaigns, or draw a variant. Pages without either never load it. What it needs from here, it
 * gets as arguments: the bundler makes these its parameters.
 */
export const usePopups = (given) =>
  import(new URL("vitrine-popups.js", script.src))
    .then((module) =>
      module.default(given, triggers, post, granted, element, render, watch, send, flush, script, told, visit),
    )
    .catch(() => {});
