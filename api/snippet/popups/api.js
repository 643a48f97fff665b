import { triggers } from "../popups.js";
import { pulse } from "./pulse.js";

/** The shop calls, or has called before anybody listened. */
export const onCall = ({ name }, fire, on) => {
  const heard = () => {
    const place = triggers.findIndex((one) => one.name === name);
    if (place >= 0) {
      triggers.splice(place, 1);
      fire();
    }
  };
  on(pulse, "call", heard);
  heard();
};

triggers.push = (given) => {
  triggers[triggers.length] = given;
  pulse.dispatchEvent(new Event("call"));
};
