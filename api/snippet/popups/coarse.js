/** Whether fingers point here. */
export const coarse = () => matchMedia("(pointer:coarse)").matches;
