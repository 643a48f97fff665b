import { choose } from "./consent.js";
import { readDataLayer } from "./data_layer.js";
import { openPage } from "./page.js";
import { triggers, usePopups } from "./popups.js";
import { quietly } from "./quietly.js";
import { flush } from "./send.js";
import { track } from "./track.js";
import { visit } from "./visit.js";

const commands = {
  page: openPage,
  assign: usePopups,
  consent: (given) => {
    flush(); // What waits was said under the old choices.
    choose(given);
    visit(0);
  },
  event: track,
  layer: readDataLayer,
  popup: usePopups,
  trigger: (given) => triggers.push(given),
};

/** Do what the shop asks with `vitrine.push([name, {…}])`; what we do not know is nothing to us. */
export const command = quietly(([name, content]) => commands[name](content || {}));
