// Interactive figures are drawn when they come near the window: until then each is a picture, and the library that draws
// them is not asked for.
(() => {
  const library = document.getElementById("repsim-library");
  if (!library) return;
  const address = library.content.querySelector("script").getAttribute("src");
  let coming;
  const load = () => {
    coming ??= new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), { src: address, onload: resolve, onerror: reject });
      document.head.append(script);
    });
    return coming;
  };
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      load().then(
        () => {
          near.unobserve(target);
          target.dispatchEvent(new Event("repsim-draw"));
        },
        () => { coming = undefined; }, // asked for again when the reader comes back
      );
    }
  }, { rootMargin: "100% 0px" });
  for (const box of document.querySelectorAll("[data-repsim-chart]")) near.observe(box);
})();
