import { arm } from "./arm.js";
import { assign } from "./assign.js";
import { openDialog } from "./dialog.js";

/** What the script asks of this module: to arm campaigns, which come as a list, to draw a variant, or to show a preview. */
export const use = (given) => (given.then ? assign(given) : given.content ? openDialog(given) : arm(given));
