/** A random id; `crypto.randomUUID` is missing on pages without TLS. */
export const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
