// The playground comes with modules of its own, which only pages that have one ask for. Until they have come
// there is a picture.
(() => {
  const places = document.querySelectorAll(".playground");
  if (!places.length || location.protocol === "file:") return; // browsers import no modules from there
  const address = new URL(`${document.documentElement.dataset.content_root}_static/modules/playground.js`, document.baseURI);
  import(address)
    .then(({ start }) => Promise.all(Array.from(places, start)))
    .catch((error) => console.info(`The playground: ${error.message}`));
})();
