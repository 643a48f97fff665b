import { arm } from "./arm.js";
import { assign } from "./assign.js";

/** What the script asks of this module: to arm campaigns, which come as a list, or to draw a variant. */
export const use = (given) => (given.then ? assign(given) : arm(given));
