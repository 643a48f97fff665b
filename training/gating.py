"""Gates of offers: learned from half of the visitors whom chance made the offer or not, judged by the other half."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from math import isfinite

import numpy as np
import polars as pl

from recommender.assignment import HOLDOUT, draw
from recommender.configuration import Configuration
from recommender.errors import TrainingError
from recommender.events import schema
from recommender.events.log import EventLog
from recommender.experiments import gate_trial
from recommender.experiments.difference import Effect
from recommender.experiments.gate_trial import Trial
from recommender.models.gates import Gates, OfferGate, Standing
from recommender.models.uplift import UpliftConfig, UpliftModel
from recommender.records import Records
from recommender.retention.campaign import Campaign
from recommender.retention.cart import Cart, Line
from recommender.retention.discount import Benefit, benefit
from recommender.retention.features import FEATURES
from recommender.retention.offers import Offer
from recommender.retention.withholding import OFFERS
from recommender.workspace import ShopFolder
from training.measuring.currencies import Currencies
from training.measuring.groups import ENTERED, GROUP, LAYERS, POPUPS
from training.measuring.orders import orders
from training.measuring.robots import robots, without
from training.orders import AT, PROFIT, REVENUE

WITHIN_DAYS = 7
"""An order counts so long after the visitor met the campaign."""
LEARNING = 0.5
"""Share of visitors that a gate is learned from; the others judge it."""
TOLD = pl.Struct(
    {
        "promotion_id": pl.String,
        "offer": pl.String,
        LAYERS: pl.List(pl.Struct(GROUP)),
        "facts": pl.Struct(dict.fromkeys(FEATURES, pl.Float64)),
        "gate": pl.Struct({"on": pl.Boolean, "outside": pl.Float64, "reason": pl.String}),
    }
)
"""What of a decision is read."""


def shop_gates(
    folder: ShopFolder, records: Records, most_events_a_day: int, now: datetime, config: UpliftConfig | None = None
) -> Gates | None:
    """The gates of all campaigns of a shop that ask for one; None where none does, or nothing can be learned yet.

    Args:
        folder: the shop's files.
        records: its campaigns and catalogue.
        most_events_a_day: whoever browses more is a robot.
        now: what is later is left out.
        config: how to learn.
    """
    shop = folder.path.name
    configuration = Configuration.parse(records.configurations.get(shop)[1])
    asking = [one for one in configuration.campaigns if one.gate]
    if not asking:
        return None
    log = EventLog(folder)
    with log.reading():
        rows = log.scan().filter(pl.col(schema.TIMESTAMP) <= now)
        costs = Currencies.of(rows).costs(records.catalog.documents(shop))
        return gates(rows, asking, costs, most_events_a_day, config or UpliftConfig())


def gates(
    log: pl.LazyFrame,
    campaigns: list[Campaign],
    costs: Mapping[str, float],
    most_events_a_day: int,
    config: UpliftConfig,
) -> Gates | None:
    """The gates of campaigns, from a log.

    Args:
        log: the event log.
        campaigns: those that ask for one.
        costs: what one piece of each item costs the shop, in the usual currency, where that is known.
        most_events_a_day: whoever browses more is a robot.
        config: how to learn.
    """
    decided = without(_decided(log), robots(log, most_events_a_day))
    if decided.is_empty():
        return None
    done = _bought(decided, Currencies.of(log).in_one(orders(log, costs)).orders)
    found = {}
    for campaign in campaigns:
        if campaign.offer is None:
            continue
        mine = (pl.col("promotion_id") == campaign.id) & (pl.col("offer") == campaign.offer.digest)
        gate = _gate(done.filter(mine), campaign.offer, config)
        if gate is not None:
            found[campaign.id] = gate
    return Gates(found) if found else None


def _gate(visitors: pl.DataFrame, offer: Offer, config: UpliftConfig) -> OfferGate | None:
    sold = visitors.filter(~pl.col("offered") & (pl.col("bought") > 0))
    if sold.is_empty():
        return None
    margin = float(sold[PROFIT].mean())  # type: ignore[arg-type]
    paid = sold.select(schema.CURRENCY, REVENUE).rows()
    discount = float(np.mean([_taken(offer, currency, amount) for currency, amount in paid]))
    fold = np.array([draw("", str(one), "gate:fold") for one in visitors[schema.VISITOR_ID]]) < LEARNING
    lines = visitors.select(FEATURES).to_numpy().astype(np.float32)
    offered, bought = visitors["offered"].to_numpy(), visitors["bought"].to_numpy()
    try:
        model = UpliftModel.fit(lines[fold], offered[fold], bought[fold], config)
    except TrainingError:
        return None
    found = gate_trial.trial(
        model.chances(lines[~fold]), offered[~fold], bought[~fold],
        margin=margin, discount=discount, propensity=visitors["chance"].to_numpy()[~fold],
    )  # fmt: skip
    return OfferGate(model, _standing(found, offer, margin, discount))


def _standing(found: Trial, offer: Offer, margin: float, discount: float) -> Standing:
    never, always = (_told(one) for one in (found.over_never, found.over_always))
    return Standing(
        offer.digest, FEATURES, margin, discount, found.proven(), found.visitors, found.offered, never, always
    )


def _told(effect: Effect) -> tuple[float, float, float]:
    low, high = effect.interval()
    value, low, high = (one if isfinite(one) else 0.0 for one in (effect.value, low, high))
    return value, low, high


def _taken(offer: Offer, currency: str | None, amount: float) -> float:
    """What the offer would have taken off an order, or cost beside it."""
    plain = offer.model_copy(update={"margin_floor": None})
    cart = Cart(currency or offer.currency or "EUR", (Line("", Decimal(1), Decimal(str(round(amount, 2)))),))
    found = benefit(plain, cart, gift_worth=Decimal(0))
    return float(found.cost) if isinstance(found, Benefit) else 0.0


def _decided(log: pl.LazyFrame) -> pl.DataFrame:
    """Each visitor's first decision about each campaign and offer in which chance alone made the offer or not."""
    extra = pl.col(schema.EXTRA).str
    told = (
        log.filter(
            pl.col(schema.EVENT).is_in(POPUPS)
            & pl.col(schema.VISITOR_ID).is_not_null()
            & extra.contains('"facts":{', literal=True)
        )
        .select(schema.VISITOR_ID, pl.col(schema.TIMESTAMP).alias(ENTERED), extra.json_decode(TOLD))
        .unnest(schema.EXTRA)
        .unnest("facts")
        .with_columns(
            pl.col(LAYERS).list.eval(pl.element().filter(pl.element().struct["experiment"] == OFFERS)).list.first()
        )
        .filter(pl.col(LAYERS).is_not_null())
        .unnest(LAYERS)
        .collect(engine="streaming")
    )
    person = ["promotion_id", "offer", schema.VISITOR_ID]
    first = told.sort(ENTERED, schema.VISITOR_ID).unique(person, keep="first", maintain_order=True)
    on, outside = pl.col("gate").struct["on"].fill_null(value=False), pl.col("gate").struct["outside"].fill_null(1.0)
    offered = pl.col("variant") != HOLDOUT
    by_chance = ~offered | ~on | (pl.col("gate").struct["reason"] == "outside")
    shown = pl.when(offered).then(pl.col("propensity")).otherwise(1 - pl.col("propensity"))
    made = pl.when(on).then(shown * outside).otherwise(shown)
    return first.filter(by_chance & (shown > 0) & (shown < 1)).with_columns(
        offered.alias("offered"), (made / (made + 1 - shown)).alias("chance")
    )


def _bought(decided: pl.DataFrame, bought: pl.DataFrame) -> pl.DataFrame:
    """With whether each bought soon after, and for how much."""
    key = ["promotion_id", "offer", schema.VISITOR_ID]
    within = (pl.col(AT) >= pl.col(ENTERED)) & (pl.col(AT) < pl.col(ENTERED) + pl.duration(days=WITHIN_DAYS))
    theirs = decided.select(*key, ENTERED).join(bought, on=schema.VISITOR_ID, how="inner").filter(within)
    done = theirs.group_by(key).agg(
        pl.lit(1.0).alias("bought"), pl.col(REVENUE, PROFIT).sum(), pl.col(schema.CURRENCY).first()
    )
    joined = decided.join(done, on=key, how="left", maintain_order="left")
    return joined.with_columns(pl.col("bought").fill_null(0.0))
