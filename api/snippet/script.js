/** Our own script element: its `data-` attributes are the settings, its address is the API's. */
export const script = document.currentScript || document.querySelector("script[data-key]");
