/** A page that holds one form and sends it as soon as it stands; its button is for whoever has come back to it. */
document.addEventListener("DOMContentLoaded", () => document.querySelector<HTMLFormElement>("form[data-submit]")?.submit());
