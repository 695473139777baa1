// One model drawn on a canvas: its inputs as dots, its unembeddings as rays, and round them a ring with the label that the
// model predicts in each direction, the fainter the less sure it is.

// Of the side of the picture, which is a square; and how far inputs stay from the middle of handles, in pixels.
export const HANDLES = 0.425;
const ROOM = 21;
// Times the median distance from the origin: inputs farther out are drawn there.
const FAR = 2;
const RING = 0.487;
const DIRECTIONS = 144;
// The book's palette, which tells apart on light and dark paper and without red or green; of more labels a wheel.
const PALETTE = ["#0072b2", "#d55e00", "#009e73", "#a578ff", "#c30f96", "#69695a", "#965a1e", "#c378b4"];

export function colour(label, labels) {
  if (label < 0) return "#7a838f";
  return labels <= PALETTE.length ? PALETTE[label] : `hsl(${Math.round((360 * label) / labels)} 62% ${label % 2 ? 42 : 55}%)`;
}

/**
 * Where things of a model are: `scale`, pixels a unit; `angles` of the labels' handles in the picture, null for a label at
 * the origin.
 */
export function layout({ f, g, of }, size) {
  const sizes = Float64Array.from(of, (_, x) => Math.hypot(f[2 * x], f[2 * x + 1])).sort();
  const reach = Math.min(sizes.at(-1), FAR * sizes[sizes.length >> 1]);
  const labels = g.length / 2;
  const [across, along] = [new Float64Array(labels), new Float64Array(labels)];
  of.forEach((label, x) => {
    if (label < 0) return;
    across[label] += f[2 * x];
    along[label] += f[2 * x + 1];
  });
  const angles = Array.from({ length: labels }, (_, y) => {
    const [u, v] = across[y] || along[y] ? [across[y], along[y]] : [g[2 * y], g[2 * y + 1]];
    return u || v ? Math.atan2(v, u) : null;
  });
  return { scale: (HANDLES * size - ROOM) / Math.max(reach, 1e-9), reach, angles };
}

/**
 * @param look ink of the page; chosen, a label that stands out, or null
 */
export function draw(canvas, model, { size, look }) {
  const { f, g, of } = model;
  const labels = g.length / 2;
  const { scale, reach } = layout(model, size);
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(size * ratio)) canvas.width = canvas.height = Math.round(size * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, size, size);
  pen.translate(size / 2, size / 2);
  const seen = (label) => (look.chosen === null || look.chosen === label ? 1 : 0.16);
  ring(pen, model, { labels, size, reach });
  pen.strokeStyle = look.ink;
  pen.globalAlpha = 0.3;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(-5, 0);
  pen.lineTo(5, 0);
  pen.moveTo(0, -5);
  pen.lineTo(0, 5);
  pen.stroke();
  rays(pen, g, { labels, size, seen });
  const dot = Math.max(1.5, size / 125);
  for (let x = 0; x < of.length; x++) {
    pen.globalAlpha = 0.62 * seen(of[x]);
    pen.fillStyle = colour(of[x], labels);
    pen.beginPath();
    const near = Math.min(1, reach / Math.hypot(f[2 * x], f[2 * x + 1])) * scale;
    pen.arc(near * f[2 * x], -near * f[2 * x + 1], of[x] < 0 ? 2.4 * dot : dot, 0, 2 * Math.PI);
    pen.fill();
  }
}

/** What the model predicts in each direction, at the distance of its inputs from the origin. */
function ring(pen, { g }, { labels, size, reach }) {
  const part = (2 * Math.PI) / DIRECTIONS;
  pen.lineWidth = Math.max(4, size / 48);
  for (let i = 0; i < DIRECTIONS; i++) {
    const angle = i * part;
    const [u, v] = [0.85 * reach * Math.cos(angle), 0.85 * reach * Math.sin(angle)];
    let [best, largest, total] = [0, -Infinity, 0];
    for (let y = 0; y < labels; y++) {
      const logit = u * g[2 * y] + v * g[2 * y + 1];
      if (logit > largest) {
        total = total * Math.exp(largest - logit) + 1;
        [best, largest] = [y, logit];
      } else total += Math.exp(logit - largest);
    }
    pen.globalAlpha = 0.08 + 0.77 * (1 / total) ** 1.5;
    pen.strokeStyle = colour(best, labels);
    pen.beginPath();
    pen.arc(0, 0, RING * size - pen.lineWidth / 2, -angle - 0.55 * part, -angle + 0.55 * part);
    pen.stroke();
  }
}

/** Unembeddings from the origin, longer ones drawn longer, but not in proportion. */
function rays(pen, g, { labels, size, seen }) {
  pen.lineWidth = 1.5;
  for (let y = 0; y < labels; y++) {
    const [u, v] = [g[2 * y], -g[2 * y + 1]];
    const norm = Math.hypot(u, v);
    if (!norm) continue;
    const length = 0.27 * size * (norm / (norm + 4));
    const [x, z] = [(u / norm) * length, (v / norm) * length];
    pen.globalAlpha = 0.8 * seen(y);
    pen.strokeStyle = pen.fillStyle = colour(y, labels);
    pen.beginPath();
    pen.moveTo(0, 0);
    pen.lineTo(x, z);
    pen.stroke();
    const [a, b] = [u / norm, v / norm];
    pen.beginPath();
    pen.moveTo(x + 4 * a, z + 4 * b);
    pen.lineTo(x - 3 * a - 3 * b, z - 3 * b + 3 * a);
    pen.lineTo(x - 3 * a + 3 * b, z - 3 * b - 3 * a);
    pen.fill();
  }
}
