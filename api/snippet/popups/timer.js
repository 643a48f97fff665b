import { pulse } from "./pulse.js";

/** The page was in view for so long. */
export const onTimer = ({ seconds }, fire, on) =>
  on(pulse, "tick", () => {
    if (pulse.seconds >= seconds) fire();
  });
