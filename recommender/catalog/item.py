"""One item of a shop's catalogue, in Google Merchant's words."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError

from recommender.described import Described
from recommender.errors import ItemError

ItemId = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f]+$")]

MOST_MONEY = Decimal(10**12)
"""No item costs more in any currency; a larger number is a slip, or none at all."""


class Availability(StrEnum):
    """Whether an item can be bought now."""

    IN_STOCK = "in_stock"
    OUT_OF_STOCK = "out_of_stock"
    PREORDER = "preorder"
    BACKORDER = "backorder"


class Item(Described, extra="allow", frozen=True):
    """What a shop says of one item; unknown fields are kept and can be filtered on."""

    id: ItemId
    title: str | None = Field(None, max_length=1000)
    description: str | None = Field(None, max_length=20_000)
    link: str | None = Field(None, max_length=4000)
    image_link: str | None = Field(None, max_length=4000)
    availability: Availability | None = None
    """Missing means in stock."""
    price: Decimal | None = Field(None, ge=0, le=MOST_MONEY)
    """Missing means unknown, not 0."""
    sale_price: Decimal | None = Field(None, ge=0, le=MOST_MONEY)
    lowest_price: Decimal | None = Field(None, ge=0, le=MOST_MONEY)
    """The lowest price of the 30 days before the present reduction; left out: as the catalogue's own history has it."""
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    brand: str | None = Field(None, max_length=400)
    gtin: str | None = Field(None, max_length=50)
    product_type: str | None = Field(None, max_length=1000)
    """The shop's own category path, levels separated by ` > `."""
    google_product_category: str | None = Field(None, max_length=1000)
    item_group_id: str | None = Field(None, max_length=256)
    """Shared by the variants of one product."""
    cost: Decimal | None = Field(None, ge=0, le=MOST_MONEY)
    """What the shop pays for it; never sent to a browser."""
    created_at: str | None = Field(None, max_length=40)
    """ISO 8601; when the shop began to sell it."""
    restocked_at: str | None = Field(None, max_length=40)
    """ISO 8601; when it last came back after it was out of stock; left out: as the catalogue saw it."""

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Self:
        """Build an item from what a shop sent.

        Raises:
            ItemError: a field has a value that is not allowed; the first one is named.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "item"
            raise ItemError(field, first["input"], first["msg"]) from None

    @property
    def paid(self) -> Decimal | None:
        """What it costs now."""
        return self.sale_price if self.reduced else self.price

    @property
    def reduced(self) -> bool:
        """Whether a reduction is announced."""
        return self.sale_price is not None and self.price is not None and self.sale_price < self.price

    def document(self) -> dict[str, Any]:
        """The item as JSON values, without the fields nobody gave."""
        return self.model_dump(mode="json", exclude_none=True)
