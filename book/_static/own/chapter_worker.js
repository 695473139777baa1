// Computes a chapter's main figures beside the page.
import { CHAPTERS } from "./chapters.js";

onmessage = ({ data: { chapter, values } }) => {
  try {
    const tables = CHAPTERS[chapter](values, (share, text) => postMessage({ share, text }));
    // A table of words, for functions cannot be sent.
    postMessage({
      done: tables.map(({ title, columns, rows }) => ({
        title,
        headings: columns.map(({ heading }) => heading),
        rows: rows.map((row) => columns.map(({ name, write }) => write(row[name]))),
      })),
    });
  } catch (error) {
    postMessage({ problem: error.message });
  }
};
