/** So much of the page was scrolled through. */
export const onDepth = ({ percent }, fire, on) =>
  on(document, "scroll", () => {
    const { scrollHeight } = document.documentElement;
    if (scrollY + innerHeight + 1 >= (scrollHeight * percent) / 100) fire();
  });
