"""The campaigns of a new shop: sensible, and without discounts until the merchant sets them."""

from recommender.engine.page import PageType
from recommender.retention.audience import Range, Whom
from recommender.retention.campaign import Campaign
from recommender.retention.content import Content, Products, Template
from recommender.retention.place import Where
from recommender.retention.triggers import Trigger, TriggerKind
from recommender.strategy import Strategy


def default_campaigns() -> tuple[Campaign, ...]:
    """Don't go, flash promotion and last chance."""
    leaving = Trigger(on=TriggerKind.EXIT_INTENT)
    return (
        Campaign(
            id="last-chance",
            priority=30,
            where=Where(page_types=(PageType.CART,)),
            whom=Whom(cart_items=Range(min=1)),
            triggers=(leaving, Trigger(on=TriggerKind.CART_IDLE)),
            content=Content(
                template=Template.LAST_CHANCE, products=Products(strategy=Strategy.BOUGHT_TOGETHER, limit=3)
            ),
        ),
        Campaign(
            id="flash-promotion",
            priority=20,
            where=Where(page_types=(PageType.PRODUCT,)),
            triggers=(leaving,),
            content=Content(template=Template.FLASH, products=Products(strategy=Strategy.SIMILAR)),
        ),
        Campaign(
            id="dont-go",
            priority=10,
            where=Where(page_types=(PageType.HOME,)),
            triggers=(leaving,),
            content=Content(template=Template.DONT_GO, products=Products(strategy=Strategy.FOR_YOU)),
        ),
    )
