"use strict";
{
  const page = JSON.parse(document.getElementById("data").textContent);

  const warps = {
    linear: () => (v) => v,
    log: ({ origin, floor }) => (v) => Math.log10(v - origin + floor),
    signed_log: ({ unit }) => (v) => (Math.sign(v) * Math.log1p(Math.abs(v) / unit)) / Math.LN10,
  };
  const over = (rows, f) => rows.map((row) => row.map((v) => (v === null ? null : f(v))));
  const mapped = (rows, warp) => over(rows, warps[warp.kind](warp));

  // A field's trace names its field and the maps of its values to colours and heights.
  const withField = ({ field, colours, heights, ...trace }) => {
    if (field === undefined) return trace;
    const { x, y, rows } = page.fields[field];
    const text = over(rows, (v) => v.toPrecision(5));
    const inks = mapped(rows, colours);
    return heights ? { ...trace, x, y, text, z: mapped(rows, heights), surfacecolor: inks } : { ...trace, x, y, text, z: inks };
  };

  const coordinates = ["x", "y", "z", "text", "customdata"];
  const slice = (trace, from, to) =>
    Object.fromEntries(coordinates.filter((c) => trace[c]).map((c) => [c, trace[c].slice(from, to)]));

  // Frame k shows the first counts[k] points of a growing trace, the last of these at its head, and the k-th state
  // of a replaced one.
  const states = (data, motion, k) => {
    const shown = motion.counts && motion.counts[k];
    if (motion.kind === "grow") return slice(data[motion.trace], 0, shown);
    if (motion.kind === "head") return slice(data[motion.of], Math.max(shown - 1, 0), shown);
    return motion.states[k];
  };

  page.figures.forEach(({ data: bare, layout, frames, motions }, number) => {
    const data = bare.map(withField);
    const last = frames.length - 1;
    for (const motion of motions) {
      if (motion.kind === "head") Object.assign(data[motion.trace], states(data, motion, last));
    }
    const made = frames.map((name, k) => ({
      name,
      data: motions.map((motion) => states(data, motion, k)),
      traces: motions.map((motion) => motion.trace),
    }));
    const config = { displaylogo: false, responsive: true };
    Plotly.newPlot("figure-" + number, { data, layout, frames: made, config });
  });
}
