import { onInactivity } from "./inactivity.js";
import { onPointerExit } from "./pointer_exit.js";
import { returning } from "./returning.js";
import { upwards } from "./upwards.js";

/** The visitor is about to leave, as far as this device tells. */
export const onExit = (trigger, fire, on) => {
  if (matchMedia("(pointer:coarse)").matches) {
    returning(trigger, fire, on);
    upwards(trigger, fire, on);
    onInactivity({ seconds: trigger.idle_seconds }, fire, on);
  } else onPointerExit(trigger, fire, on);
};
