"""Flows from step to step as inline SVG, the end at the right; colours come from the page's style sheet."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from training.behaviour.wording import label

WIDTH, HEIGHT, NODE, GAP = 780, 300, 9, 13
TOP, NAME = 6, 96
"""Space above, and for the names right of the nodes."""
NODES: Final = 6
"""Steps that are told apart in a column; the rarer ones flow together."""
OTHERS: Final = "other steps"
THINNEST: Final = 0.5
"""Flows that would be thinner than so many units are left out."""
Node = tuple[int, str]
"""Steps from the end, and label."""


@dataclass(frozen=True)
class Box:
    """Where a node is drawn."""

    x: float
    y: float
    height: float


def sankey(links: Sequence[Mapping[str, Any]], title: str) -> Markup:
    """The flows of a document of paths; empty where there are none.

    Args:
        links: `back`, `from`, `to` and `sessions` of each flow, see :class:`training.behaviour.paths.PathCounter`.
        title: what it shows, for those who cannot see it.
    """
    flows = _flows(links)
    if not flows:
        return Markup("")
    boxes = _boxes(flows)
    scale = _scale(_sizes(flows))
    drawn = [*_bands(flows, boxes, scale), *_nodes(_sizes(flows), boxes)]
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}"'
    return Markup(f'<svg class="sankey" {box}>{"".join(drawn)}</svg>')  # noqa: S704 - labels are escaped below


def _flows(links: Sequence[Mapping[str, Any]]) -> dict[tuple[Node, Node], int]:
    """Sessions from node to node, rare labels of a column joined."""
    totals: defaultdict[int, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for link in links:
        totals[link["back"] + 1][link["from"]] += link["sessions"]
    kept = {0: {link["to"] for link in links if link["back"] == 0}}
    for back, names in totals.items():
        best = sorted(names, key=lambda name: (-names[name], name))
        kept[back] = {*best[: NODES if len(best) <= NODES else NODES - 1]}
    flows: defaultdict[tuple[Node, Node], int] = defaultdict(int)
    for link in links:
        back, before, after = link["back"], link["from"], link["to"]
        source = (back + 1, before if before in kept[back + 1] else OTHERS)
        flows[source, (back, after if after in kept[back] else OTHERS)] += link["sessions"]
    return dict(flows)


def _sizes(flows: Mapping[tuple[Node, Node], int]) -> dict[Node, int]:
    """How many sessions pass each node: what leaves it, and at the end what comes in."""
    sizes: defaultdict[Node, int] = defaultdict(int)
    for (before, after), count in flows.items():
        sizes[before] += count
        if after[0] == 0:
            sizes[after] += count
    return dict(sizes)


def _scale(sizes: Mapping[Node, int]) -> float:
    columns: defaultdict[int, list[int]] = defaultdict(list)
    for (back, _), count in sizes.items():
        columns[back].append(count)
    return min((HEIGHT - 2 * TOP - GAP * (len(counts) - 1)) / sum(counts) for counts in columns.values())


def _boxes(flows: Mapping[tuple[Node, Node], int]) -> dict[Node, Box]:
    """Nodes by columns from the end on, each as near as may be to where it leads."""
    sizes = _sizes(flows)
    scale, deepest = _scale(sizes), max(back for back, _ in sizes)
    step = (WIDTH - NODE - NAME) / max(deepest, 1)
    boxes: dict[Node, Box] = {}
    for back in range(deepest + 1):
        nodes = [node for node in sizes if node[0] == back]
        aims = {node: _aim(node, flows, boxes) for node in nodes}
        y: float = TOP
        for node in sorted(nodes, key=lambda node: (aims[node], -sizes[node], node)):
            boxes[node] = Box((deepest - back) * step, y, sizes[node] * scale)
            y += sizes[node] * scale + GAP
    return boxes


def _aim(node: Node, flows: Mapping[tuple[Node, Node], int], boxes: Mapping[Node, Box]) -> float:
    led = [(boxes[after].y + boxes[after].height / 2, n) for (before, after), n in flows.items() if before == node]
    return sum(y * n for y, n in led) / sum(n for _, n in led) if led else 0.0


def _bands(flows: Mapping[tuple[Node, Node], int], boxes: Mapping[Node, Box], scale: float) -> Iterator[str]:
    out, into = ({node: box.y for node, box in boxes.items()} for _ in range(2))
    for (before, after), count in sorted(flows.items(), key=lambda one: (boxes[one[0][0]].y, boxes[one[0][1]].y)):
        thick = count * scale
        y1, y2 = out[before] + thick / 2, into[after] + thick / 2
        out[before], into[after] = out[before] + thick, into[after] + thick
        if thick < THINNEST:
            continue
        x1, x2 = boxes[before].x + NODE, boxes[after].x
        middle = (x1 + x2) / 2
        way = f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        told = f"{escape(_name(before[1]))} → {escape(_name(after[1]))}: {count:,}"
        yield f'<path d="{way}" stroke-width="{thick:.1f}"><title>{told}</title></path>'


def _nodes(sizes: Mapping[Node, int], boxes: Mapping[Node, Box]) -> Iterator[str]:
    for node, box in boxes.items():
        title = f"<title>{escape(_name(node[1]))}: {sizes[node]:,}</title>"
        shape = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{NODE}" height="{max(box.height, 1):.1f}"'
        yield f"<rect {shape}>{title}</rect>"
        y = box.y + box.height / 2 + 4
        yield f'<text x="{box.x + NODE + 4:.1f}" y="{y:.1f}">{escape(_name(node[1]))}</text>'


def _name(text: str) -> str:
    return text if text == OTHERS else label(text)
