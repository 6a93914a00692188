// Where the parts of a flow diagram stand. Pure: figures in, places out.

/** Columns by position, boxes as high as their counts, links from box to box. */
export function layout({ nodes, edges }, { column, height, gap = 26, top = 12 }) {
  const positions = [...new Set(nodes.map((node) => node.position))].sort((one, other) => one - other);
  const names = [...new Set(nodes.map((node) => node.name))];
  const columns = positions.map((position) => nodes.filter((node) => node.position === position).sort((one, other) => other.count - one.count));
  const most = Math.max(...columns.map((boxes) => boxes.reduce((sum, box) => sum + box.count, 0)));
  const scale = height / most;
  const placed = new Map();
  let bottom = 0;
  columns.forEach((boxes, index) => {
    let y = top;
    for (const box of boxes) {
      const place = { ...box, x: 8 + index * column, y, height: box.count * scale, colour: names.indexOf(box.name), out: 0, in: 0 };
      placed.set(`${box.position}\n${box.name}`, place);
      y += Math.max(2, place.height) + gap;
    }
    bottom = Math.max(bottom, y);
  });
  const links = [...edges].sort((one, other) => other.count - one.count).flatMap((edge) => {
    const from = placed.get(`${edge.position}\n${edge.from}`);
    const to = placed.get(`${edge.position + 1}\n${edge.to}`);
    if (!from || !to) return [];
    const width = edge.count * scale;
    const [x0, y0, x1, y1] = [from.x + 10, from.y + from.out + width / 2, to.x, to.y + to.in + width / 2];
    from.out += width;
    to.in += width;
    const middle = (x0 + x1) / 2;
    return [{ ...edge, width, colour: from.colour, path: `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}` }];
  });
  return { width: positions.length * column + 8, height: bottom + 4, nodes: [...placed.values()], links };
}
