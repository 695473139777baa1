// The rules for a chapter's parameters, as `repsim_book/limits.py` writes them down, held against values.
const repsimLimits = (() => {
  const isTrue = (value) => Boolean(value) && !(Array.isArray(value) && !value.length);

  const equal = (one, other) =>
    (Array.isArray(one) && Array.isArray(other)
      ? one.length === other.length && one.every((each, k) => equal(each, other[k])) : one === other);

  const includes = (items, value) => items.some((each) => equal(each, value));

  const COMPARISONS = {
    "==": equal,
    "!=": (x, y) => !equal(x, y),
    "<": (x, y) => x < y,
    "<=": (x, y) => x <= y,
    ">": (x, y) => x > y,
    ">=": (x, y) => x >= y,
    in: (x, items) => includes(items, x),
    "not in": (x, items) => !includes(items, x),
  };

  const OPERATIONS = {
    "+": (x, y) => x + y,
    "-": (x, y) => x - y,
    "*": (x, y) => x * y,
    "/": (x, y) => x / y,
    "//": (x, y) => Math.floor(x / y),
    "**": (x, y) => x ** y,
  };

  const extreme = (pick) => ({ default: otherwise }, first, ...more) => {
    const items = Array.isArray(first) ? first : [first, ...more];
    return items.length ? items.reduce((best, each) => (pick(each, best) ? each : best)) : otherwise;
  };

  const FUNCTIONS = {
    all: (_, items) => items.every(isTrue),
    any: (_, items) => items.some(isTrue),
    int: (_, x) => Math.trunc(x),
    len: (_, items) => items.length,
    list: (_, items) => items,
    max: extreme((x, best) => x > best),
    min: extreme((x, best) => x < best),
    range: (_, count) => Array.from({ length: Math.max(count, 0) }, (__, k) => k),
    set: (_, items) => [...new Set(items)],
    sin: (_, x) => Math.sin(x),
    sorted: (_, items) => [...items].sort((x, y) => x - y),
    sum: (_, items) => items.reduce((sum, x) => sum + x, 0),
  };

  // As Python writes numbers: with so many digits, or the fewest that name a float.
  const format = (value, how) => {
    if (typeof value !== "number" || how === "") return String(value);
    if (how === "repr") {
      if (Number.isInteger(value) && Math.abs(value) < 1e16) return value.toFixed(1);
      if (Math.abs(value) >= 1e-4) return String(value);
    }
    const digits = how === "repr" ? undefined : Number(how.match(/\d+/)?.[0] ?? 6) - 1;
    const [mantissa, exponent] = value.toExponential(digits).split("e").map(Number);
    if (how !== "repr" && exponent >= -4 && exponent <= digits) return String(Number(value.toPrecision(digits + 1)));
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  };

  const KINDS = {
    value: (_, value) => value,
    name: (scope, name) => scope[name],
    list: (scope, ...items) => items.map((each) => evaluate(each, scope)),
    compare: (scope, first, signs, ...others) => {
      const values = [first, ...others].map((each) => evaluate(each, scope));
      return signs.every((sign, k) => COMPARISONS[sign](values[k], values[k + 1]));
    },
    and: (scope, ...parts) => parts.every((each) => isTrue(evaluate(each, scope))),
    or: (scope, ...parts) => parts.some((each) => isTrue(evaluate(each, scope))),
    not: (scope, part) => !isTrue(evaluate(part, scope)),
    operate: (scope, sign, left, right) => OPERATIONS[sign](evaluate(left, scope), evaluate(right, scope)),
    if: (scope, test, then, otherwise) => evaluate(isTrue(evaluate(test, scope)) ? then : otherwise, scope),
    call: (scope, name, named, ...parts) => FUNCTIONS[name](
      Object.fromEntries(Object.entries(named).map(([key, each]) => [key, evaluate(each, scope)])),
      ...parts.map((each) => evaluate(each, scope)),
    ),
    join: (scope, between, items) => evaluate(items, scope).join(evaluate(between, scope)),
    each: (scope, name, items, element) =>
      evaluate(items, scope).map((value) => evaluate(element, { ...scope, [name]: value })),
    text: (scope, ...parts) => parts.map((each) => evaluate(each, scope)).join(""),
    format: (scope, how, part) => format(evaluate(part, scope), how),
  };

  const evaluate = ([kind, ...parts], scope) => KINDS[kind](scope, ...parts);

  // The first rule that values break, as the name of a parameter and what is allowed; null where they keep all.
  return (rules, values) => {
    const scope = { ...values };
    for (const [kind, first, ...parts] of rules) {
      if (kind === "set") {
        scope[first] = evaluate(parts[0], scope);
      } else if (!isTrue(evaluate(first, scope))) {
        return { name: evaluate(parts[0], scope), allowed: evaluate(parts[1], scope) };
      }
    }
    return null;
  };
})();
