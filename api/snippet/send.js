import { newId } from "./id.js";
import { post } from "./post.js";
import { quietly } from "./quietly.js";

/** The events that still wait; more can be added to them. */
export const queue = [];
let timer;

/** Send the waiting events; those that do not arrive wait for the next time. */
export const flush = quietly(() => {
  const batch = queue.splice(0, 99);
  timer = clearTimeout(timer);
  if (batch[0]) post("events", { events: batch }).catch(() => queue.unshift(...batch));
});

/** Queue one event. */
export const send = (told) => {
  const event = { ...told, event_id: newId(), timestamp: new Date() };
  queue.push(event);
  timer ||= setTimeout(flush, 1e3);
  return event;
};

