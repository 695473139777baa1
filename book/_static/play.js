// The playground comes with a script of its own, which only pages that have one ask for. Until it has come there is a
// picture.
(() => {
  const places = document.querySelectorAll(".playground");
  if (!places.length) return;
  const src = new URL(`${document.documentElement.dataset.content_root}_static/modules/playground.js`, document.baseURI);
  const failed = (error) => console.info(`The playground: ${error.message}`);
  const script = Object.assign(document.createElement("script"), {
    src,
    onload: () => Promise.all(Array.from(places, globalThis.repsimModules.playground.start)).catch(failed),
    onerror: () => failed(new Error(`${src}: found nothing, expected a script`)),
  });
  document.head.append(script);
})();
