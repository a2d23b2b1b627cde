// Light or dark as the system has it, set before anything is painted: the reason why this is no
// module and stands in the head.
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () =>
    document.documentElement.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  follow();
  dark.addEventListener("change", follow);
})();
