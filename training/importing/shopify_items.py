"""Shopify's product export: one row a variant, one more for each further picture."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from recommender.errors import ItemError
from training.importing.columns import require
from training.importing.delimited import LINE, Delimited, plain
from training.importing.intake import Intake
from training.importing.items import money, plain_text
from training.importing.source import Source
from training.importing.tabular_items import Row

NAMES = {
    "handle": ("handle", "url_handle"),
    "title": ("title",),
    "body": ("body_(html)", "description"),
    "vendor": ("vendor",),
    "type": ("type", "custom_product_type"),
    "tags": ("tags",),
    "published": ("published", "published_on_online_store"),
    "status": ("status",),
    "sku": ("variant_sku", "sku"),
    "barcode": ("variant_barcode", "barcode"),
    "price": ("variant_price", "price"),
    "compare_at": ("variant_compare_at_price", "compare_at_price"),
    "cost": ("cost_per_item",),
    "tracker": ("variant_inventory_tracker", "inventory_tracker"),
    "quantity": ("variant_inventory_qty", "inventory_quantity"),
    "policy": ("variant_inventory_policy", "continue_selling_when_out_of_stock"),
    "image": ("image_src", "product_image_url"),
    "variant_image": ("variant_image", "variant_image_url"),
    "category": ("google_shopping_/_google_product_category", "product_category"),
    "option1": ("option1_value",),
    "option2": ("option2_value",),
    "option3": ("option3_value",),
    "name1": ("option1_name",),
    "name2": ("option2_name",),
    "name3": ("option3_name",),
}
"""Our short names for the columns of the older and the newer export."""

ONLY_VARIANT = "Default Title"
"""What Shopify writes as the option of a product without variants."""

_GOES_ON = frozenset({"continue", "true", "yes"})


@dataclass
class _Product:
    """What the first row of a product says for all its variants."""

    handle: str = ""
    fields: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class ShopifyItems:
    """Reads a Shopify product export."""

    file: Delimited
    columns: Mapping[str, str]

    @classmethod
    def open(cls, source: Source) -> Self:
        """Read the header and find the columns.

        Raises:
            ImportingError: this is no Shopify export.
        """
        file = Delimited.open(source, {name for names in NAMES.values() for name in names})
        by_name = {plain(column): column for column in reversed(file.columns)}
        columns = {ours: by_name[name] for ours, names in NAMES.items() for name in reversed(names) if name in by_name}
        for needed in ("handle", "title", "price"):
            require(source.name, file.columns, columns, (needed,))
        return cls(file, columns)

    def rows(self, intake: Intake) -> Iterator[Row]:
        """Each variant's fields under Google Merchant's names, with its line."""
        product, ids = _Product(), set[str]()
        for frame in self.file.frames(intake):
            for row in frame.iter_rows(named=True):
                short = {ours: row[column] for ours, column in self.columns.items()}
                if short["handle"] is None:
                    intake.rejects.add(row[LINE], self.columns["handle"], None, "every row names its product")
                    continue
                if short["handle"] != product.handle:
                    product = _Product(short["handle"], short)
                if short["price"] is None and short.get("option1") is None:
                    intake.skipped["picture"] += 1
                    continue
                try:
                    fields = _fields(short, product.fields, ids, intake)
                except ItemError as error:
                    intake.rejects.add_error(row[LINE], error)
                    continue
                yield row[LINE], self._others(row) | fields

    def _others(self, row: Mapping[str, Any]) -> dict[str, Any]:
        used = {*self.columns.values(), LINE}
        return {plain(column): value for column, value in row.items() if column not in used and value is not None}


def _fields(
    variant: Mapping[str, str | None], product: Mapping[str, str | None], ids: set[str], intake: Intake
) -> dict[str, Any]:
    handle = str(product["handle"])
    options = [value for name in ("option1", "option2", "option3") if (value := variant.get(name))]
    chosen = [value for value in options if value != ONLY_VARIANT]
    id_ = _free_id(variant.get("sku"), "-".join([handle, *chosen]), ids, intake)
    price, sale_price = _prices(variant)
    named = {product.get(f"name{place}"): value for place, value in enumerate(chosen, 1)}
    return {
        "id": id_,
        "title": product.get("title"),
        "description": plain_text(product.get("body") or ""),
        "link": f"/products/{handle}",
        "image_link": variant.get("variant_image") or product.get("image"),
        "availability": _availability(variant, product),
        "price": price,
        "sale_price": sale_price,
        "brand": product.get("vendor"),
        "gtin": (variant.get("barcode") or "").lstrip("'"),
        "product_type": product.get("type"),
        "google_product_category": product.get("category"),
        "item_group_id": handle,
        "cost": variant.get("cost"),
        "options": {name: value for name, value in named.items() if name},
        "tags": [tag.strip() for tag in (product.get("tags") or "").split(",") if tag.strip()],
    }


def _free_id(sku: str | None, fallback: str, ids: set[str], intake: Intake) -> str:
    """The SKU; where it is missing or another variant has it, the handle and the options."""
    sku = (sku or "").lstrip("'")
    if sku in ids:
        intake.noted["repeated_sku"] += 1
    id_ = sku if sku and sku not in ids else fallback
    ids.add(id_)
    return id_


def _prices(variant: Mapping[str, str | None]) -> tuple[object, object]:
    """Price and sale price: a higher compare-at price is the former price."""
    asked, former = variant["price"], variant.get("compare_at")
    if asked is None or former is None:
        return asked, None
    return (former, asked) if money("compare_at", former)[0] > money("price", asked)[0] else (asked, None)


def _availability(variant: Mapping[str, str | None], product: Mapping[str, str | None]) -> str:
    """Unpublished products cannot be bought; stock counts only where Shopify tracks it and stops at zero."""
    published = (product.get("published") or "true").lower() == "true"
    active = (product.get("status") or "active").lower() == "active"
    if not (published and active):
        return "out_of_stock"
    tracked = bool(variant.get("tracker"))
    stops = (variant.get("policy") or "deny").lower() not in _GOES_ON
    return "out_of_stock" if tracked and stops and _stock(variant) <= 0 else "in_stock"


def _stock(variant: Mapping[str, str | None]) -> float:
    try:
        return float(variant.get("quantity") or 0)
    except ValueError:
        raise ItemError("quantity", variant.get("quantity"), "send a number") from None
