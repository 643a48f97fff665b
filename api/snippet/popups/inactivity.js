import { pulse, since } from "./pulse.js";

/** Nothing was done on the page for so long. */
export const onInactivity = ({ seconds }, fire, on) =>
  on(pulse, "tick", () => {
    if (since("active") >= seconds) fire();
  });
