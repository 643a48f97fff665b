/** An element with properties and children; text never becomes markup. */
export const element = (name, properties, ...children) => {
  const made = document.createElement(name);
  for (const key in properties) if (properties[key] != null) made[key] = properties[key];
  made.append(...children.filter((child) => child));
  return made;
};
