// A comparison as a page of its own, which needs no other file: what this page shows, to be kept or sent.
const STYLE = `
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 52rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { border-top: 1px solid #8886; padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: baseline; }
th[scope=row] { font-weight: 400; }
th[scope=rowgroup] { padding-top: .9rem; }
td.number { font-family: ui-monospace, monospace; white-space: nowrap; }
footer { margin-top: 1.5rem; }
`;

/**
 * The page as HTML.
 *
 * @param files the names of both files
 * @param parts elements of this page, in their order
 * @param version of the package
 */
export function asPage({ files: [a, b], version }, parts) {
  const page = document.implementation.createHTMLDocument(`${a} and ${b}`);
  const add = (place, tag, properties) => place.appendChild(Object.assign(page.createElement(tag), properties));
  page.documentElement.lang = "en";
  add(page.head, "meta", { name: "viewport", content: "width=device-width, initial-scale=1" });
  page.head.prepend(Object.assign(page.createElement("meta"), { httpEquiv: "Content-Type", content: "text/html; charset=utf-8" }));
  add(page.head, "style", { textContent: STYLE });
  add(page.body, "h1", { textContent: "Two models compared" });
  for (const part of parts) page.body.append(page.importNode(part, true));
  add(page.body, "footer", { textContent: `Computed by repsim_core ${version}, in a browser.` });
  return `<!doctype html>\n${page.documentElement.outerHTML}\n`;
}
