"""The decision when a trigger fires: everything is asked once more, and what the offer takes is taken at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.answers import items, token
from api.shops import View
from api.snippet.labels import labels
from recommender.assignment import HOLDOUT, SHOWN, Layer
from recommender.engine.answer import Items
from recommender.experiments.assigning import Drawn, logged
from recommender.experiments.gate import GateReason
from recommender.experiments.learned import drawn_by
from recommender.records import Records, Shop
from recommender.records.popups import Claim, Decision
from recommender.retention import deciding
from recommender.retention.arm import Arm
from recommender.retention.arming import limits
from recommender.retention.behaviour import observed
from recommender.retention.campaign import Campaign
from recommender.retention.deciding import Situation
from recommender.retention.reason import Reason
from recommender.retention.saying import Circumstances, offered, said
from recommender.retention.speech import speech
from recommender.retention.withholding import NO_TERMS, TAKEN, Terms, kept_from_offers, terms

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What a trigger came to."""

    answer: bytes
    """JSON."""
    reason: Reason | None
    token: str
    """Credits what follows, or what would have."""
    experiment: Mapping[str, Any]
    """What the log says of holdout and experiments; empty where there are none."""
    repeated: bool = False


class Standing(NamedTuple):
    """Where a visitor stands in holdouts and experiments; nothing without consent."""

    credited: Mapping[str, Any]
    """As tokens say it: the experiment, where there is one, with the probability of just this."""
    logged: Mapping[str, Any]
    """As the log says it: the holdout's group, and the experiments."""


NOWHERE = Standing({}, {})


def empty(found: Items | None) -> bool:
    """Whether a popup that is to show items has none."""
    return found is not None and not found


@dataclass(frozen=True)
class Deciding:
    """Decides for one shop."""

    records: Records
    shop: Shop
    view: View
    holdout: float
    """Share of visitors who see no popup at all, and of those who are made no offer."""

    def unknown(self, arm: Arm, request_id: str) -> Outcome:
        """What a campaign comes to that is no longer there."""
        return self._refused(arm, Reason.UNKNOWN_CAMPAIGN, NOWHERE, request_id)

    def show(self, campaign: Campaign, arm: Arm, situation: Situation, found: Items | None, request_id: str) -> Outcome:
        """Show the campaign that was armed, or say why not. Reads and writes the records: not for the event loop.

        Args:
            campaign: the one that was armed, as this visitor has it now.
            arm: when, where and for whom.
            situation: the visitor before it.
            found: its `products`.
            request_id: of the call.
        """
        out, propensity = deciding.out_of_experiment(self.shop.name, arm.visitor_id, campaign, self.holdout)
        met = NO_TERMS if out else self.terms(campaign, situation)
        standing = self._standing(campaign, arm, situation, propensity, out=out)
        try:
            situation = self.priced(campaign, situation)
            reasons = deciding.all_objections(campaign, situation, empty=empty(found))
            reason = Reason.EXPIRED if situation.now.timestamp() >= arm.expires else next(iter(reasons), None)
            claim = self.claim(campaign, arm, situation, met, found, held_out=out, objection=reason)
            decision = self.records.popups.decide(self.shop.name, claim, situation.now)
            if reason is None and decision.reason in {None, met.withheld, *TAKEN}:
                standing = Standing(standing.credited, {**standing.logged, **met.logged()})
            if decision.reason is not None:
                return replace(self._refused(arm, decision.reason, standing, request_id), repeated=decision.repeated)
            signed = self._token(arm, standing, request_id)
            own = met.applied(campaign)
            answer = decision.answer or orjson.dumps(self.answered(own, arm, situation, decision, found, signed))
            if decision.answer is None:
                self.records.popups.keep_answer(self.shop.name, arm.arm_id, answer)
        except SQLAlchemyError as error:
            log.warning("the records cannot decide about a popup", campaign=campaign.id, error=str(error))
            return self._refused(arm, Reason.UNAVAILABLE, standing, request_id)
        return Outcome(answer, None, signed, standing.logged, decision.repeated)

    def terms(self, campaign: Campaign, situation: Situation) -> Terms:
        """Whether the visitor meets the campaign with its offer."""
        gates = self.view.snapshot.models.gates
        return terms(campaign, situation.facts, self.shop.name, situation.visitor.visitor_id, self.holdout, gates)

    def priced(self, campaign: Campaign, situation: Situation) -> Situation:
        """The same situation with what only the records know of the items in it."""
        ids = deciding.asked_about(campaign, situation)
        return situation.costing(self.records.catalog.costs(self.shop.name, ids)) if ids else situation

    def preview(self, campaign: Campaign, situation: Situation, found: Items | None, code: str) -> dict[str, Any]:
        """What it would say, with a code that is none, and everything that speaks against it; nothing is written."""
        situation = self.priced(campaign, situation)
        now, visitor = situation.now, situation.visitor
        arm = Arm(
            self.shop.name, code, campaign.id, visitor.visitor_id, visitor.customer_id, None,
            expires=int(now.timestamp()) + 1, told=situation.told,
        )  # fmt: skip
        reasons = deciding.all_objections(campaign, situation, empty=empty(found))
        out, _ = deciding.out_of_experiment(self.shop.name, visitor.visitor_id, campaign, self.holdout)
        met = self.terms(campaign, situation)
        claim = self.claim(campaign, arm, situation, met, found, held_out=out, objection=None)
        if (kept := self.records.popups.objection(self.shop.name, claim, now)) is not None:
            reasons.append(kept)
        own = met.applied(campaign)
        taken_by = own.offer and own.offer.taken_by(budgeted=own.budget is not None)
        shown = taken_by and (taken_by.shared or code)
        until, kept_until = deciding.deadline(own, now), deciding.reserved_until(own, now)
        decision = Decision(True, code=shown or None, ends_at=until, expires_at=kept_until)
        answer, drawn = self.answered(own, arm, situation, decision, found, ""), situation.drawn(campaign)
        return {
            "campaign_id": campaign.id,
            "would_show": not reasons,
            "reasons": [_why(one) for one in dict.fromkeys(reasons)],
            "facts": observed(situation.facts.behaviour),
            **{name: answer[name] for name in ("content", "offer") if name in answer},
            **({"withheld": _why(met.withheld)} if met.withheld else {}),
            **({"gate": {**_why(met.gate.reason), "expected": met.gate.expected}} if met.gate else {}),
            **({} if drawn is None else self._told(drawn, now)),
        }

    def _told(self, drawn: Drawn, now: datetime) -> dict[str, Any]:
        """The visitor's variant, and where its experiment learns, how often it is drawn and by what."""
        experiments = [one for one in self.view.snapshot.configuration.experiments if one.id == drawn.experiment]
        learned = drawn_by(experiments, self.view.learned, now).get(drawn.experiment)
        return {
            "experiment": drawn.layer,
            "variant": drawn.variant,
            **({"drawn_by": learned} if learned is not None else {}),
        }

    def claim(
        self,
        campaign: Campaign,
        arm: Arm,
        situation: Situation,
        met: Terms,
        found: Items | None,
        *,
        held_out: bool,
        objection: Reason | None,
    ) -> Claim:
        """What is asked of the records."""
        cart, now = situation.cart, situation.now
        budget_currency = None if campaign.budget is None else campaign.budget.currency
        return Claim(
            arm_id=arm.arm_id,
            campaign_id=campaign.id,
            visitor_id=arm.visitor_id,
            customer_id=arm.customer_id,
            session_id=arm.session_id,
            caps=limits(campaign, self.view.snapshot.configuration.popups),
            held_out=held_out,
            objection=objection,
            withheld=met.withheld,
            alone=campaign.content.stands_alone and not empty(found),
            banner=campaign.slot is not None,
            offer=campaign.offer,
            cost=deciding.set_aside(campaign, situation),
            currency=cart.currency if cart is not None else budget_currency,
            budget=campaign.budget,
            day_starts=deciding.day_starts(self.view.snapshot, now),
            ends_at=deciding.deadline(campaign, now),
            reserved_until=deciding.reserved_until(campaign, now),
        )

    def answered(
        self,
        campaign: Campaign,
        arm: Arm,
        situation: Situation,
        decision: Decision,
        found: Items | None,
        signed: str,
    ) -> dict[str, Any]:
        """The answer for a popup that is shown."""
        spoken, offer = speech(situation.language), campaign.offer
        gift = situation.name(offer.gift.item_id) if offer is not None and offer.gift is not None else None
        circumstances = Circumstances(
            situation.now,
            cart=situation.cart if situation.visitor.cart else None,
            item=situation.title,
            gift=gift,
            code=decision.code,
            ends_at=decision.ends_at,
            lowest=self.lowest(campaign, situation),
            currency=situation.item_currency,
        )
        content = said(campaign, circumstances, spoken)
        if found:
            content |= {"products": items(found, self.view), "labels": labels(spoken.language)}
        answer: dict[str, Any] = {"shown": True, "content": content}
        if offer is not None:
            benefit = offer.model_dump(mode="json", include={offer.benefit, "minimum", "currency"}, exclude_none=True)
            answer["offer"] = {
                "kind": offer.benefit,
                **benefit,
                "text": offered(offer, spoken, gift),
                "code": decision.code,
                "ends_at": decision.ends_at,
            }
        ends = decision.expires_at or datetime.fromtimestamp(arm.expires, situation.now.tzinfo)
        return {**answer, "expires_at": ends, "attribution_token": signed}

    def lowest(self, campaign: Campaign, situation: Situation) -> Decimal | None:
        """The lowest price that the law wants beside a reduction of the page's item; None where it wants none."""
        item_id, shop = situation.told.page.item_id, self.view.snapshot.configuration.shop
        reduces = campaign.offer is not None and campaign.offer.reduces
        if not (reduces and shop.shows_lowest_price and item_id):
            return None
        return self.records.catalog.lowest_price(self.shop.name, item_id, situation.now)

    def products(self, campaign: Campaign, situation: Situation) -> Items | None:
        """The items that it shows; None where it shows none."""
        found = deciding.products(campaign, situation)
        return None if found is None else found.items

    def _standing(
        self, campaign: Campaign, arm: Arm, situation: Situation, propensity: float | None, *, out: bool
    ) -> Standing:
        if arm.visitor_id is None or propensity is None:
            return NOWHERE
        held = Layer(campaign.layer, HOLDOUT if out else SHOWN, propensity)._asdict()
        drawn = None if out else situation.drawn(campaign)
        if drawn is None:
            return Standing(held, held)
        if drawn.offers:
            if kept_from_offers(self.shop.name, arm.visitor_id, self.holdout):
                return Standing(held, held)
            propensity *= 1 - self.holdout
        return Standing(drawn.credited(propensity), held | logged([drawn]))

    def _refused(self, arm: Arm, reason: Reason, standing: Standing, request_id: str) -> Outcome:
        answer = orjson.dumps({"shown": False, "reason": reason.value})
        return Outcome(answer, reason, self._token(arm, standing, request_id), standing.logged)

    def _token(self, arm: Arm, standing: Standing, request_id: str) -> str:
        about = {"placement": arm.campaign_id, "item_id": arm.told.page.item_id, "request_id": request_id}
        return token(self.shop, self.view, "popup", **about, **standing.credited)


def _why(reason: Reason | GateReason) -> dict[str, str]:
    return {"reason": reason.value, "explanation": reason.explanation}
