import { element } from "../element.js";
import { quietly } from "../quietly.js";

/** Seconds as a clock shows them, in the digits of the language. */
const clockTime = (seconds, language) => {
  const two = new Intl.NumberFormat(language, { minimumIntegerDigits: 2 });
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  return parts
    .slice(parts[0] ? 0 : 1)
    .map((part) => two.format(part))
    .join(":");
};

/**
 * How long the offer still holds. Pausing stops what is shown, never the deadline. Screen readers hear of it now and
 * then, not each second.
 */
export const countdown = ({ countdown: { ends_at, seconds, label, pause, resume, over }, language }, say, end) => {
  const time = element("time", { dateTime: ends_at, role: "timer" });
  const text = element("span", {}, label + " ", time);
  const button = element("button", { title: pause });
  const box = element("div", { className: "clock" }, text, button);
  // The server says how long: the visitor's clock may be wrong.
  const ended = Date.now() + seconds * 1e3;
  const tick = quietly(() => {
    const left = Math.ceil((ended - Date.now()) / 1e3);
    if (left <= 0) {
      box.stop();
      box.textContent = over;
      say(over);
      end();
    } else if (!button.className) {
      time.textContent = clockTime(left, language);
      if (left === 30 || (left <= 300 && left % 60 === 0)) say(text.textContent);
    }
  });
  const ticking = setInterval(tick, 1e3);
  box.stop = () => clearInterval(ticking);
  button.onclick = () => {
    button.className = button.className ? "" : "paused";
    button.title = button.className ? resume : pause;
    tick();
  };
  tick();
  return box;
};
