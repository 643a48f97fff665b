"""Adding up what several sources say of the same items, for `similar` and `bought_together`; compiled throughout.

Everything here works on plain arrays that belong to one request, so any number of threads may ask at once.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import FloatArray, IntArray, LongArray
from recommender.models.compiling import compiled, dot, sealed, slot_of
from recommender.models.nearest import STEPS, NearestModel
from recommender.models.neighbours import Lists, NeighbourModel

COLUMNS = 4
DOUBT = 3.0
"""Sessions or people that a pair needs to be trusted by half."""
VIEWS, PURCHASES, FACTORS, CONTENT = range(COLUMNS)
"""Columns of a blend for `similar`."""
ORDERS, PEOPLE, BASKET = range(3)
"""Columns of one for `bought_together`."""

WEIGHTS = sealed(np.array([1.0, 0.7, 0.3, 1.0], np.float32))
"""What each counts. Items looked at in one session are alternatives; items bought by one person are as often
complements, so there the description decides."""
DISBELIEF = 0.5
"""What a likeness in content loses when everybody knows both items and nobody chose both."""


class Near(NamedTuple):
    """Lists of the nearest items, sealed; see :class:`recommender.models.nearest.NearestModel`."""

    rows: IntArray
    steps: NDArray[np.uint16]


class Alike(NamedTuple):
    """What says which items are alike, and how much each of it counts."""

    views: Lists
    """Items of the same sessions."""
    purchases: Lists
    """Items that the same people bought."""
    strong: FloatArray
    """What a strong bond is in each of the two."""
    factors: Near
    """Nearest by behaviour."""
    content: Near
    """Nearest by description."""
    familiarity: FloatArray
    """How well each row of the table is known, from 0 to 1."""
    described: FloatArray
    """A factor for each row of the table."""
    weights: FloatArray = WEIGHTS
    disbelief: float = DISBELIEF


class Told(NamedTuple):
    """What is said of single seeds beyond all lists."""

    owners: IntArray
    """Place of the seed that it is said of."""
    columns: IntArray
    rows: IntArray
    scores: FloatArray


class Pool(NamedTuple):
    """Rows in the order in which they are first spoken of."""

    keys: IntArray
    """An open table from rows to places."""
    places: IntArray
    rows: IntArray
    columns: FloatArray
    """What each source says of each row."""
    own: FloatArray
    """What the present seed says of each."""
    touched: IntArray
    """Places of which it spoke."""


NO_LISTS = Lists(*(sealed(np.zeros(size, kind)) for size, kind in ((1, "i8"), (0, "i4"), (0, "f4"), (0, "i4"))))
NO_NEAR = Near(sealed(np.empty((0, 0), np.int32)), sealed(np.empty((0, 0), np.uint16)))
NOTHING_TOLD = Told(*(sealed(np.empty(0, kind)) for kind in ("i4", "i4", "i4", "f4")))
NO_VECTORS = sealed(np.empty((0, 0), np.float32))


def lists(model: NeighbourModel | None) -> Lists:
    """The lists of a model; empty ones where there is none."""
    return NO_LISTS if model is None else model.sealed


def near(model: NearestModel | None) -> Near:
    """The same of the nearest items."""
    return NO_NEAR if model is None else Near(*model.sealed)


@compiled
def length(starts: LongArray, item: int) -> int:
    """How long the list of an item is; unknown items have none."""
    return starts[item + 1] - starts[item] if 0 <= item < len(starts) - 1 else 0


@compiled
def pool_for(cells: int) -> Pool:
    """An empty pool with room for so many rows."""
    slots = 16
    while slots < 2 * cells:
        slots *= 2
    return Pool(
        np.full(slots, -1, np.int32),
        np.empty(slots, np.int32),
        np.empty(cells, np.int32),
        np.zeros((cells, COLUMNS), np.float32),
        np.zeros(cells, np.float32),
        np.empty(cells, np.int32),
    )


@compiled
def place_of(pool: Pool, count: int, row: int) -> tuple[int, int]:
    """Place of `row` in the pool, after adding it if it is new, and how many there are."""
    slot = slot_of(pool.keys, row)
    if pool.keys[slot] == row:
        return pool.places[slot], count
    pool.keys[slot], pool.places[slot], pool.rows[count] = row, count, row
    return count, count + 1


@compiled
def say(pool: Pool, count: int, met: int, row: int, column: int, score: np.float32) -> tuple[int, int]:
    """Add what a source says of a row; how many rows there are now, and of how many this seed spoke."""
    place, count = place_of(pool, count, row)
    pool.columns[place, column] += score
    if pool.own[place] == 0:
        pool.touched[met] = place
        met += 1
    pool.own[place] += score
    return count, met


@compiled
def say_bonds(
    pool: Pool, count: int, met: int, model: Lists, seed: int, column: int, strong: np.float32, weight: np.float32
) -> tuple[int, int]:
    """Add the neighbours of a seed: 1 for a strong bond that many people stand behind."""
    size = length(model.starts, seed)
    begin = model.starts[seed] if size else 0
    for cell in range(begin, begin + size):
        trust = np.float32(model.support[cell] / (model.support[cell] + DOUBT))
        score = min(model.scores[cell] / strong, np.float32(1)) * trust * weight
        count, met = say(pool, count, met, model.rows[cell], column, score)
    return count, met


@compiled
def say_near(
    pool: Pool, count: int, met: int, lies: Near, seed: int, column: int, weight: np.float32
) -> tuple[int, int]:
    """Add the items that lie nearest to a seed."""
    if seed < len(lies.rows):
        for cell in range(lies.rows.shape[1]):
            step = lies.steps[seed, cell]
            if step == 0:
                break
            score = np.float32(step) * np.float32(1 / STEPS) * weight
            count, met = say(pool, count, met, lies.rows[seed, cell], column, score)
    return count, met


@compiled
def blend_similar(
    seeds: IntArray, alike: Alike, told: Told
) -> tuple[IntArray, FloatArray, NDArray[np.uint8], IntArray, FloatArray]:
    """What lies near to the seeds: rows, scores, which source speaks most for each, to which seed it is due; columns.

    Args:
        seeds: rows.
        alike: what is said of all items.
        told: what else is said.
    """
    views, purchases, factors, content = alike.views, alike.purchases, alike.factors, alike.content
    strong, weights = alike.strong, alike.weights
    cells = len(told.rows)
    for seed in seeds:
        cells += length(views.starts, seed) + length(purchases.starts, seed)
        cells += factors.rows.shape[1] + content.rows.shape[1]
    pool, count = pool_for(cells), 0
    due, most = np.empty(cells, np.int32), np.zeros(cells, np.float32)
    for which in range(len(seeds)):
        seed, met = seeds[which], 0
        count, met = say_bonds(pool, count, met, views, seed, VIEWS, strong[VIEWS], weights[VIEWS])
        count, met = say_bonds(pool, count, met, purchases, seed, PURCHASES, strong[PURCHASES], weights[PURCHASES])
        count, met = say_near(pool, count, met, factors, seed, FACTORS, weights[FACTORS])
        count, met = say_near(pool, count, met, content, seed, CONTENT, weights[CONTENT])
        for cell in range(len(told.rows)):
            if told.owners[cell] == which:
                column = told.columns[cell]
                count, met = say(pool, count, met, told.rows[cell], column, told.scores[cell] * weights[column])
        for number in range(met):
            place = pool.touched[number]
            if pool.own[place] > most[place]:
                most[place], due[place] = pool.own[place], seed
            pool.own[place] = 0
    rows, columns = pool.rows[:count], pool.columns[:count]
    scores, strongest = believe(seeds, rows, columns, alike.disbelief, alike.familiarity, alike.described)
    return rows, scores, strongest, due[:count], columns


@compiled
def believe(
    seeds: IntArray,
    rows: IntArray,
    columns: FloatArray,
    disbelief: float,
    familiarity: FloatArray,
    described: FloatArray,
) -> tuple[FloatArray, NDArray[np.uint8]]:
    """The score of each row of a blend, and which source speaks most for it.

    A likeness in content counts less where many people know both items and nobody chose both; it is lowered in the
    columns themselves.

    Args:
        seeds: rows.
        rows: what lies near to them.
        columns: what each source says.
        disbelief: what a likeness between items loses that everybody knows.
        familiarity: how well each row of the table is known, from 0 to 1.
        described: a factor for each row of the table.
    """
    known = np.float32(0)
    for seed in seeds:
        known += familiarity[seed]
    known *= np.float32(disbelief / max(len(seeds), 1))
    scores, strongest = np.empty(len(rows), np.float32), np.empty(len(rows), np.uint8)
    for place in range(len(rows)):
        row, parts = rows[place], columns[place]
        if parts[VIEWS] + parts[PURCHASES] <= 0:
            parts[CONTENT] *= np.float32(1) - known * familiarity[row]
        best, total = 0, np.float32(0)
        for column in range(COLUMNS):
            total += parts[column]
            if parts[column] > parts[best]:
                best = column
        scores[place], strongest[place] = total * described[row], best
    return scores, strongest


@compiled
def blend_together(
    seeds: IntArray,
    models: tuple[Lists, Lists, Lists],
    strong: FloatArray,
    vectors: FloatArray,
    habit: float,
    weights: FloatArray,
    described: FloatArray,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """What goes with the seeds: rows, what each source says of them, and their scores, all above 0.

    Args:
        seeds: rows.
        models: items of the same orders, items that the same people bought, and what each item adds to the chances of
            others, which is looked at for several seeds only.
        strong: what a strong bond is in each of them.
        vectors: of the items' content; without any, likeness plays no part.
        habit: what likeness adds to a bond, or takes from it.
        weights: what each source counts.
        described: a factor for each row of the table.
    """
    cells = 0
    for seed in seeds:
        for model in models:
            cells += length(model.starts, seed)
    pool, count = pool_for(cells), 0
    for seed in seeds:
        for column in range(len(models)):
            model, weight = models[column], weights[column]
            if column == BASKET:
                weight *= np.float32(len(seeds) - 1)
            size = length(model.starts, seed) if weight > 0 else 0
            begin = model.starts[seed] if size else 0
            for cell in range(begin, begin + size):
                row = model.rows[cell]
                place, count = place_of(pool, count, row)
                score = weight * (model.scores[cell] / strong[column])
                if column != BASKET and len(vectors):
                    likeness = dot(vectors[seed], vectors[row])
                    score *= np.float32(1) + np.float32(habit) * min(max(likeness, np.float32(0)), np.float32(1))
                pool.columns[place, column] += score
    # Of a basket some items speak against others; what they leave nothing of is no companion.
    kept, scores = 0, np.empty(count, np.float32)
    for place in range(count):
        row, parts = pool.rows[place], pool.columns[place]
        total = (parts[ORDERS] + parts[PEOPLE] + parts[BASKET]) * described[row]
        if total > 0:
            pool.rows[kept], scores[kept] = row, total
            pool.columns[kept] = parts
            kept += 1
    return pool.rows[:kept], pool.columns[:kept], scores[:kept]


@compiled
def met_most(model: Lists, seeds: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Of each of `rows` in how many baskets it stood with the seed that it stood with most, and that seed.

    Either of two items may be too weak a bond for the other's list; of equal seeds the one with the higher row counts.
    """
    support, due = np.zeros(len(rows), np.int32), np.full(len(rows), -1, np.int32)
    for which in range(len(rows)):
        for seed in seeds:
            both = 0
            for turn in range(2):
                one, other = (seed, rows[which]) if turn == 0 else (rows[which], seed)
                size = length(model.starts, one)
                begin = model.starts[one] if size else 0
                for cell in range(begin, begin + size):
                    if model.rows[cell] == other:
                        both = max(both, model.support[cell])
            if both > support[which] or (both == support[which] and seed > due[which]):
                support[which], due[which] = both, seed
    return support, due


@compiled
def loudest(model: Lists, voices: IntArray, weights: FloatArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Of each of `rows` the voice whose list speaks most for it, and in how many baskets it stood with that one.

    Args:
        model: the lists.
        voices: items, in rising order; of equal ones the last counts.
        weights: what each of them counts.
        rows: items of their lists.
    """
    support, due = np.zeros(len(rows), np.int32), np.full(len(rows), -1, np.int32)
    most = np.full(len(rows), np.float32(-1))
    for which in range(len(voices)):
        size = length(model.starts, voices[which])
        begin = model.starts[voices[which]] if size else 0
        for number in range(len(rows)):
            said, count = np.float32(0), 0
            for cell in range(begin, begin + size):
                if model.rows[cell] == rows[number]:
                    said, count = weights[which] * model.scores[cell], model.support[cell]
            if said >= most[number]:
                most[number], support[number], due[number] = said, count, voices[which]
    return support, due
