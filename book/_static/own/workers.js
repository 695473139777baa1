// Workers of a page. The build puts the code of each beside the page's own: a page that is opened from a disk may load no
// worker, but may make one of text that it has.
const urls = {};

/** A new worker, by the name of its module. */
export function newWorker(name) {
  urls[name] ??= URL.createObjectURL(new Blob([`(${globalThis.repsimWorkers[name]})();`], { type: "text/javascript" }));
  return new Worker(urls[name]);
}
