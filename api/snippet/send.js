import { newId } from "./id.js";
import { post } from "./post.js";
import { quietly } from "./quietly.js";

const queue = [];
let timer;

/** Send the waiting events; those that do not arrive wait for the next time. */
export const flush = quietly(() => {
  const batch = queue.splice(0, 99);
  timer = clearTimeout(timer);
  if (batch[0]) post("events", { events: batch }).catch(() => queue.unshift(...batch));
});

/** Queue one event. */
export const send = (told) => {
  told.event_id = newId();
  told.timestamp = new Date();
  queue.push(told);
  timer ||= setTimeout(flush, 1e3);
  return told;
};

/** Whether an event still waits, so that more can be added to it. */
export const waits = (told) => queue.includes(told);
