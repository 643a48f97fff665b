import { told } from "../told.js";
import { onInactivity } from "./inactivity.js";

/** Something lies in the cart, as the shop told, and nothing was done for so long. */
export const onIdleCart = (trigger, fire, on) => onInactivity(trigger, () => told.cart?.items?.[0] && fire(), on);
