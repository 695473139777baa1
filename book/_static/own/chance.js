// The mean canonical correlation of unrelated arrays, in the limit of large ones (Wachter 1980); as `chance_cca` of
// repsim_core.
const NODES = 400;

export function chanceCca(observations, first, second) {
  const freedom = observations - 1;
  const [small, large] = first < second ? [first, second] : [second, first];
  if (large === freedom) return 1;
  if (small === 1) {
    return Math.exp(
      logGamma(large / 2 + 0.5) + logGamma(freedom / 2) - logGamma(large / 2) - logGamma(freedom / 2 + 0.5),
    );
  }
  const [p, q] = [small / freedom, large / freedom];
  const [low, high] = [-1, 1].map((sign) => (Math.sqrt(p * (1 - q)) + sign * Math.sqrt(q * (1 - p))) ** 2);
  let [sum, weights] = [0, 0];
  for (let k = 0; k < NODES; k += 1) {
    const t = ((k + 0.5) * Math.PI) / NODES;
    const x = (low + high) / 2 + ((high - low) / 2) * Math.cos(t);
    const weight = Math.sin(t) ** 2 / (x * (1 - x));
    sum += Math.sqrt(x) * weight;
    weights += weight;
  }
  const forced = Math.max(0, p + q - 1) / p;
  return forced + ((1 - forced) * sum) / weights;
}

// Stirling's series from 20 on.
function logGamma(x) {
  let shift = 0;
  for (; x < 20; x += 1) shift -= Math.log(x);
  const y = 1 / (x * x);
  const series = (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / x;
  return shift + (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
